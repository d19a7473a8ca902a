using System.Text.Json;
using Isolation.Core;
using Isolation.Ledger;
using Isolation.Policy;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>How the warden, the ledger and the leases of this service are.</summary>
internal sealed class ServiceState(WardenLink warden, string wardenFix, NodeLedger ledger, string ledgerDirectory, Leases leases) : IServiceState
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public WirePart Warden => warden.IsConnected ? new WirePart(true, warden.State) : new WirePart(false, $"{warden.State.TrimEnd('.')}. {wardenFix}");

    public WirePart Ledger => ledger.Health switch
    {
        LedgerHealth.Unavailable no => new WirePart(false, $"{no.Cause} {no.Fix}"),
        _ => new WirePart(true, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{ledger.Head.Sequence} records in {ledgerDirectory}, head {ledger.Head.Hash}")),
    };

    public async Task<IReadOnlyList<WireStock>> StockAsync()
    {
        try
        {
            using WardenReply reply = await warden.AskAsync(WardenOperation.Stock, null).WaitAsync(Patience).ConfigureAwait(false);
            return [.. StockedRooms.Read(reply.Body()).Kinds.Select(kind => new WireStock(
                ((Level)kind.Level).Name(), kind.Kind, kind.Ready, kind.Hits, kind.Misses, kind.Ready == 0 ? null : kind.OldestMilliseconds / 1000))];
        }
        catch (Exception e) when (e is SetupException or WireException or TimeoutException)
        {
            return []; // of the warden itself the status says more
        }
    }

    public (int Lent, int Quarantined) Accounts => (leases.Held.Count, leases.Quarantined.Count);

    public bool IsQuarantined(UserId uid) => leases.Quarantined.Any(kept => kept.Account.Uid == uid);

    public bool ClearAccount(UserId uid) => leases.Clear(uid);

    public async IAsyncEnumerable<JsonElement> ReadRecordsAsync(PayloadId? payload, uint? uid)
    {
        IEnumerable<LedgerLine> lines = new LedgerReader(ledgerDirectory).Read(new LedgerFilter(payload, uid is uint number ? new UserId(number) : null));
        using IEnumerator<LedgerLine> line = lines.GetEnumerator();
        while (Next(line))
        {
            // Reading a long ledger must not keep a pool thread from everybody else.
            await Task.Yield();
            if (Parse(line.Current) is { } record)
                yield return record;
        }
    }

    private bool Next(IEnumerator<LedgerLine> lines)
    {
        try
        {
            return lines.MoveNext();
        }
        catch (IOException e)
        {
            throw new LedgerException($"The ledger in {ledgerDirectory} cannot be read: {e.Message}.", "Look at that disk.", e);
        }
    }

    private static JsonElement? Parse(LedgerLine line)
    {
        try
        {
            using JsonDocument document = line.Parse();
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null; // damaged: isolation trace verify tells of it
        }
    }
}
