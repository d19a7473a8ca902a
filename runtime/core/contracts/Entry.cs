using System.Runtime.InteropServices;

namespace Isolation.Core;

/// <summary>What enters a room: what an admitting decision and a lease come down to, and the payload itself.</summary>
/// <param name="Payload">Its id.</param>
/// <param name="Account">The account it will run as.</param>
/// <param name="Limits">The limits in force.</param>
/// <param name="Placement">What must hold of its place.</param>
/// <param name="Command">Borrowed: a sealed memfd that holds arguments, environment and working directory (wire: CommandBlock).</param>
/// <param name="Client">Borrowed: the client's pidfd. The payload ends when that process does.</param>
public sealed record Entry(PayloadId Payload, Account Account, Limits Limits, PlacementDemand Placement, SafeHandle Command, SafeHandle Client)
{
    /// <summary>The client wants a way into the payload's scratch.</summary>
    public bool WithExchange { get; init; }

    /// <summary>Borrowed: a detached mount of a directory that the client lends, shown as the payload's own; null for none.</summary>
    public SafeHandle? Lent { get; init; }
}
