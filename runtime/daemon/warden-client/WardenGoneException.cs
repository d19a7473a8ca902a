using Isolation.Core;

namespace Isolation.Daemon;

/// <summary>The warden is not there, or went before it answered: what it was asked may have been done or not.</summary>
internal sealed class WardenGoneException(string cause, string? undo = null) : SetupException("warden", cause, undo);
