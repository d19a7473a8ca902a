namespace Isolation.Daemon;

/// <summary>One thing that is wrong with a request, and what the caller can do about it.</summary>
internal sealed record Fault(string What, string Fix);
