namespace Isolation.Core;

/// <summary>The account of a payload that is only logged: its pilot's own. It is nobody's to lend, and nobody's to keep back.</summary>
public sealed class PilotsOwnAccount(Pilot pilot) : ILeases
{
    /// <summary>What the lease names instead of an entry under <c>accounts:</c>.</summary>
    public const string Rule = "pilot";

    /// <inheritdoc/>
    public ValueTask<LeaseResult> TakeAsync(PayloadId payload, Decision.Admit decision) => ValueTask.FromResult<LeaseResult>(
        new LeaseResult.Lent(new Lease(payload, new Account(pilot.Uid, pilot.Gid, pilot.Groups, pilot.AccountName), Rule, Shared: true)));

    /// <inheritdoc/>
    public ValueTask<LeaseResult> PreviewAsync(PayloadId payload, Decision.Admit decision) => TakeAsync(payload, decision);

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(Lease lease, Residue residue) => ValueTask.CompletedTask;
}
