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

    /// <summary>Accounts lent, and accounts in quarantine.</summary>
    (int Lent, int Quarantined) Accounts { get; }

    /// <summary>Records, oldest first; of one payload or of one pilot's uid where that is asked.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read.</exception>
    IAsyncEnumerable<JsonElement> ReadRecordsAsync(PayloadId? payload, uint? uid);
}
