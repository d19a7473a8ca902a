using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>One connection, as an operation sees it.</summary>
/// <param name="Peer">Who is at the other end.</param>
/// <param name="Standing">How it stands to the service.</param>
/// <param name="Socket">The connection.</param>
/// <param name="Share">What its uid may hold.</param>
/// <param name="Frames">What it sends.</param>
/// <param name="Answers">Where answers go.</param>
internal sealed record Session(Peer Peer, Standing Standing, UnixSocket Socket, UidShare Share, FrameReader Frames, FrameWriter Answers)
{
    /// <summary>The payload that the peer has joined as the client's child; null for any other connection.</summary>
    public ForkedPayload? Joined { get; set; }

    /// <summary>True when this peer may know what came of a payload, given the handle it shows.</summary>
    public bool MayKnow(Core.OverPayload payload, string? handle) => Standing == Standing.Operator || payload.BelongsTo(Peer.Pilot, handle);

    /// <summary>True when this peer may see or signal a payload, given the handle it shows.</summary>
    public bool MayTouch(Core.RunningPayload payload, string? handle) => Standing == Standing.Operator || payload.BelongsTo(Peer.Pilot, handle);
}
