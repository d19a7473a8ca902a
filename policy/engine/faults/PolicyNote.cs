namespace Isolation.Policy;

/// <summary>Something in a valid policy file that has no effect, or not the one a reader may expect, in this version or on this host.</summary>
/// <param name="Line">Counted from 1.</param>
/// <param name="Column">Counted from 1, in characters.</param>
/// <param name="Path">Where in the file; empty for the file itself.</param>
/// <param name="What">What an administrator should know, one or more sentences without the last full stop.</param>
public sealed record PolicyNote(int Line, int Column, string Path, string What);
