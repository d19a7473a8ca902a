using System.Text.Json;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>How the parts of the service are, for <c>status</c> and <c>trace</c>.</summary>
internal interface IServiceState
{
    /// <summary>Is the warden there.</summary>
    WirePart Warden { get; }

    /// <summary>Can the ledger be written.</summary>
    WirePart Ledger { get; }

    /// <summary>The rooms built ahead; empty where the warden does not answer.</summary>
    Task<IReadOnlyList<WireStock>> StockAsync();

    /// <summary>Accounts lent, and accounts in quarantine.</summary>
    (int Lent, int Quarantined) Accounts { get; }

    /// <summary>True for an account that is kept back, because something of its last payload was left.</summary>
    bool IsQuarantined(UserId uid);

    /// <summary>Lets an account out of quarantine.</summary>
    /// <returns>False when it is in none.</returns>
    /// <exception cref="IOException">It could not be written; the account stays where it is.</exception>
    bool ClearAccount(UserId uid);

    /// <summary>Records, oldest first; of one payload or of one pilot's uid where that is asked.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read.</exception>
    IAsyncEnumerable<JsonElement> ReadRecordsAsync(PayloadId? payload, uint? uid);
}
