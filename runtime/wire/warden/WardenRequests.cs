namespace Isolation.Wire;

/// <summary>Body of <see cref="WardenOperation.Build"/>. With it comes the client's pidfd: the room is built in its network namespace.</summary>
/// <param name="Cell">The name of the room; must be new.</param>
/// <param name="Level">0 log-only, 1 setuid, 2 container, 3 vm.</param>
/// <param name="Kind">The kind of room at that level.</param>
/// <param name="Uid">The uid of the account that will enter. No more than a hint at a room that was built ahead: the entry says who enters.</param>
/// <param name="Image">The image that it is to show, empty for the host's tree.</param>
/// <param name="Pattern">The pattern that lets it, of the warden's own list, or it is denied.</param>
public sealed record BuildRoom(Guid Cell, byte Level, string Kind, uint Uid, string Image, string Pattern)
{
    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to) => to.Id(Cell).U8(Level).Text(Kind).U32(Uid).Text(Image).Text(Pattern);

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static BuildRoom Read(MessageReader from)
    {
        var build = new BuildRoom(from.Id(), from.U8(), from.Text(32), from.U32(), from.Text(WardenProtocol.MaxText), from.Text(WardenProtocol.MaxText));
        from.End();
        return build;
    }
}

/// <summary>
/// Body of <see cref="WardenOperation.Enter"/>. With it come the client's pidfd and the command block, a sealed memfd.
/// The answer's body is an <see cref="EnterAnswer"/>; a room that was entered comes with the client's end of the pilot's channel.
/// </summary>
/// <param name="Cell">The room, which bears its payload's id.</param>
/// <param name="Uid">The payload account's uid: of the warden's own list of accounts and ranges, or denied.</param>
/// <param name="Gid">Its gid: likewise. Supplementary groups come from the warden's list, never from a message.</param>
/// <param name="Limits">The limits in force.</param>
/// <param name="Demand">What must hold of the place.</param>
/// <param name="WithExchange">The client wants a way into the scratch: a second descriptor comes with the answer.</param>
/// <param name="IsDetached">Once the payload has started, the client's going does not end it. Only with a wall limit.</param>
public sealed record EnterRoom(Guid Cell, uint Uid, uint Gid, RoomLimits Limits, PlaceDemand Demand, bool WithExchange, bool IsDetached)
{
    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to) => Demand.Write(Limits.Write(to.Id(Cell).U32(Uid).U32(Gid))).Flag(WithExchange).Flag(IsDetached);

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static EnterRoom Read(MessageReader from)
    {
        var enter = new EnterRoom(from.Id(), from.U32(), from.U32(), RoomLimits.Read(ref from), PlaceDemand.Read(ref from), from.Flag(), from.Flag());
        from.End();
        return enter;
    }
}
