namespace Isolation.Core;

/// <summary>The accounts that can be lent. An account of its own (<c>per: payload</c>) is never lent twice at a time.</summary>
public interface ILeases
{
    /// <summary>Lends an account of the entry that the decision names. Durable when the task completes.</summary>
    ValueTask<LeaseResult> TakeAsync(PayloadId payload, Decision.Admit decision);

    /// <summary>The account that <see cref="TakeAsync"/> would lend now. Nothing is lent, and nothing promised.</summary>
    ValueTask<LeaseResult> PreviewAsync(PayloadId payload, Decision.Admit decision);

    /// <summary>Ends a lease, once: free, or in quarantine when the report shows residue. A second call changes nothing.</summary>
    ValueTask ReleaseAsync(Lease lease, Residue residue);
}
