namespace Isolation.Core;

/// <summary>What came of asking for a turn.</summary>
public abstract record TurnResult
{
    private TurnResult() { }

    /// <summary>It is the caller's turn, until it gives it back.</summary>
    public sealed record Taken(Turn Turn) : TurnResult;

    /// <summary>As many wait as may.</summary>
    /// <param name="Cause">Whose bound it was.</param>
    /// <param name="RetryAfter">When, at the present pace, those will have had their turns; 1 s to 60 s.</param>
    public sealed record Full(string Cause, TimeSpan RetryAfter) : TurnResult;

    /// <summary>The client went while it waited.</summary>
    public sealed record Left : TurnResult;
}
