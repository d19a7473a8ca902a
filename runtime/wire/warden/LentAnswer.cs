namespace Isolation.Wire;

/// <summary>Body of the answer to <see cref="WardenOperation.Lent"/>: lent or refused (u8), then the fields.</summary>
public abstract record LentAnswer
{
    private LentAnswer() { }

    /// <summary>The room will show it.</summary>
    /// <param name="Path">As the client named it.</param>
    /// <param name="Device">The device it is on.</param>
    /// <param name="Inode">Its inode.</param>
    public sealed record Lent(byte[] Path, long Device, long Inode) : LentAnswer;

    /// <summary>It cannot be lent.</summary>
    /// <param name="Why">What was seen.</param>
    /// <param name="Fix">What the client can do.</param>
    public sealed record Refused(string Why, string Fix) : LentAnswer;

    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to)
    {
        switch (this)
        {
            case Lent lent:
                to.U8(1).Bytes(lent.Path).I64(lent.Device).I64(lent.Inode);
                break;
            case Refused refused:
                to.U8(0).Text(refused.Why).Text(refused.Fix);
                break;
        }
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static LentAnswer Read(MessageReader from)
    {
        LentAnswer answer = from.U8() switch
        {
            1 => new Lent(from.Bytes(WardenProtocol.MaxText), from.I64(), from.I64()),
            0 => new Refused(from.Text(4 * WardenProtocol.MaxText + 1024), from.Text(WardenProtocol.MaxText)),
            byte other => throw new WireException($"an answer to lent of kind {other}"),
        };
        from.End();
        return answer;
    }
}
