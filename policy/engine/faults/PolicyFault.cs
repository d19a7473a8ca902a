namespace Isolation.Policy;

/// <summary>One thing wrong with a policy file. A file with a fault is refused as a whole.</summary>
/// <param name="Line">Counted from 1.</param>
/// <param name="Column">Counted from 1, in characters.</param>
/// <param name="Path">Where in the file, for example <c>rules[1].level.prefer</c>; empty for the file itself.</param>
/// <param name="What">What is wrong, one sentence without a full stop.</param>
/// <param name="Fix">What to write instead, one or more sentences.</param>
public sealed record PolicyFault(int Line, int Column, string Path, string What, string Fix);
