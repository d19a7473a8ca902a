namespace Isolation.Wire;

/// <summary>Body of the answer to <see cref="WardenOperation.Enter"/>: entered, not placed or without an image (u8), then the fields.</summary>
public abstract record EnterAnswer
{
    private EnterAnswer() { }

    /// <summary>The payload is in. The numbers are those of Core's Position, PlacementProperties, Ceilings and LimitKinds.</summary>
    /// <param name="Position">The position of the leaf.</param>
    /// <param name="Holds">What holds there.</param>
    /// <param name="Lost">Ceilings left behind.</param>
    /// <param name="NotEnforced">Limits not enforced.</param>
    /// <param name="Why">Why no earlier position was taken, or empty.</param>
    /// <param name="Cgroup">The leaf in the unified hierarchy.</param>
    /// <param name="Scratch">The payload's scratch, as the payload sees it.</param>
    /// <param name="Network">Core's CellNetwork.</param>
    /// <param name="Exchange">Core's ExchangeKind of the second descriptor; 0 where there is none.</param>
    /// <param name="Image">The digest of the image that the room shows; empty where it has none.</param>
    public sealed record Entered(byte Position, byte Holds, byte Lost, ushort NotEnforced, string Why, string Cgroup, string Scratch, byte Network, byte Exchange, string Image)
        : EnterAnswer;

    /// <summary>No place holds what must hold; the room is gone.</summary>
    /// <param name="Obstacle">1 placement, 2 limit.</param>
    /// <param name="Cause">What was tried and seen.</param>
    /// <param name="Fix">What would mend it.</param>
    public sealed record NotPlaced(byte Obstacle, string Cause, string Fix) : EnterAnswer;

    /// <summary>The image cannot be a room's tree; the room is gone.</summary>
    /// <param name="Cause">What was looked for, and seen.</param>
    /// <param name="Fix">What the caller can do.</param>
    public sealed record NoImage(string Cause, string Fix) : EnterAnswer;

    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to)
    {
        switch (this)
        {
            case Entered e:
                to.U8(1).U8(e.Position).U8(e.Holds).U8(e.Lost).U32(e.NotEnforced).Text(e.Why).Text(e.Cgroup).Text(e.Scratch).U8(e.Network).U8(e.Exchange).Text(e.Image);
                break;
            case NotPlaced n:
                to.U8(0).U8(n.Obstacle).Text(n.Cause).Text(n.Fix);
                break;
            case NoImage i:
                to.U8(2).Text(i.Cause).Text(i.Fix);
                break;
        }
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static EnterAnswer Read(MessageReader from)
    {
        EnterAnswer answer = from.U8() switch
        {
            1 => new Entered(from.U8(), from.U8(), from.U8(), (ushort)from.Count(ushort.MaxValue), Text(ref from), Text(ref from), Text(ref from), from.U8(), from.U8(), Text(ref from)),
            0 => new NotPlaced(from.U8(), Text(ref from), Text(ref from)),
            2 => new NoImage(Text(ref from), Text(ref from)),
            byte other => throw new WireException($"an answer to enter of kind {other}"),
        };
        from.End();
        return answer;
    }

    private static string Text(ref MessageReader from) => from.Text(WardenProtocol.MaxText);
}
