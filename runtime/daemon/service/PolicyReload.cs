using System.Collections.Immutable;
using Isolation.Core;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>Reloads the policy, once at a time, for SIGHUP and for operators; either outcome is logged and recorded.</summary>
/// <param name="policy">The policy.</param>
/// <param name="ledger">Where an outcome is recorded.</param>
/// <param name="notifier">Who is told that it is under way.</param>
/// <param name="inForce">Called when a new file is in force: what the levels need may have changed with it.</param>
/// <param name="log">Where an outcome is logged.</param>
internal sealed class PolicyReload(ISitePolicy policy, ILedger ledger, ServiceNotifier notifier, Action inForce, ILogger log) : IDisposable
{
    private const int MaxDetail = 1024;
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Reloads.</summary>
    /// <param name="who">On whose word.</param>
    /// <returns>Every fault; empty when the new file is in force.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(string who)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            notifier.Reloading();
            IReadOnlyList<string> faults = policy.Reload();
            foreach (string fault in faults)
                Log.PolicyFault(log, PrintableText.Of(fault));
            if (faults.Count == 0)
            {
                Log.PolicyLoaded(log, policy.Site, policy.Epoch);
                inForce();
            }
            else
                Log.PolicyKept(log, faults.Count, policy.Epoch);

            await RecordAsync(faults, who).ConfigureAwait(false);
            return faults;
        }
        finally
        {
            notifier.Ready();
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task RecordAsync(IReadOnlyList<string> faults, string who)
    {
        var details = ImmutableSortedDictionary<string, string>.Empty.Add("asked-by", who).Add("epoch-in-force", policy.Epoch);
        if (faults.Count > 0)
            details = details.Add("first-fault", faults[0].Length <= MaxDetail ? faults[0] : faults[0][..MaxDetail]);
        try
        {
            await ledger.EventAsync(new ServiceEvent(faults.Count == 0 ? "policy-loaded" : "policy-refused", null, details)).ConfigureAwait(false);
        }
        catch (LedgerException e)
        {
            Log.NotRecorded(log, "policy reload", e.Cause);
        }
    }
}
