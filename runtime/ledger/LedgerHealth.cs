namespace Isolation.Ledger;

/// <summary>Whether a ledger can take new records now.</summary>
public abstract record LedgerHealth
{
    private LedgerHealth() { }

    /// <summary>The last write was durable in time.</summary>
    public sealed record Healthy : LedgerHealth;

    /// <summary>Nothing new may start. Ends by itself when a write succeeds again.</summary>
    /// <param name="Cause">What was tried, and why it failed.</param>
    /// <param name="Fix">What an administrator can do.</param>
    public sealed record Unavailable(string Cause, string Fix) : LedgerHealth;
}
