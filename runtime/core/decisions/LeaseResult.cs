namespace Isolation.Core;

/// <summary>The answer to asking for an account.</summary>
public abstract record LeaseResult
{
    private LeaseResult() { }

    /// <summary>An account was lent.</summary>
    public sealed record Lent(Lease Lease) : LeaseResult;

    /// <summary>Every account of the entry is lent or in quarantine.</summary>
    /// <param name="Cause">Which entry, how many accounts lent, how many in quarantine.</param>
    /// <param name="Fix">What an administrator can do.</param>
    public sealed record Exhausted(string Cause, string Fix) : LeaseResult;
}
