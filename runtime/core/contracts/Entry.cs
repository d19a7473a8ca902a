using System.Runtime.InteropServices;

namespace Isolation.Core;

/// <summary>What enters a room: what an admitting decision and a lease come down to, and the payload itself.</summary>
/// <param name="Payload">Its id.</param>
/// <param name="Account">The account it will run as.</param>
/// <param name="Limits">The limits in force.</param>
/// <param name="Placement">What must hold of its place.</param>
/// <param name="Command">Borrowed: a sealed memfd that holds arguments, environment and working directory (wire: CommandBlock).</param>
/// <param name="Client">Borrowed: the client's pidfd. The payload ends when that process does, unless it is detached.</param>
public sealed record Entry(PayloadId Payload, Account Account, Limits Limits, PlacementDemand Placement, SafeHandle Command, SafeHandle Client)
{
    /// <summary>The client wants a way into the payload's scratch.</summary>
    public bool WithExchange { get; init; }

    /// <summary>Once it has started the payload does not end with its client; it has a wall limit.</summary>
    public bool IsDetached { get; init; }

    /// <summary>The directory that the client lends; null for none.</summary>
    public LentMount? Lent { get; init; }
}

/// <summary>A directory of the client's on its way into a room.</summary>
/// <param name="Mount">Borrowed: a detached mount of it, shown as the payload's own.</param>
/// <param name="Path">The path by which the client knows it: plain, absolute, UTF-8.</param>
public sealed record LentMount(SafeHandle Mount, string Path);
