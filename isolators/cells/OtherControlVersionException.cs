using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>A cell-init proved its secret, and speaks messages of a form that this program does not read. It was told nothing, and was left running.</summary>
/// <param name="version">The form that it speaks.</param>
public sealed class OtherControlVersionException(int version) : IOException(ControlVersion.WhyNot(version));
