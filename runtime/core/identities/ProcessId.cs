namespace Isolation.Core;

/// <summary>A process id in the host's pid namespace. A number is reused; whoever acts on one holds a pidfd as well.</summary>
public readonly record struct ProcessId(int Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
