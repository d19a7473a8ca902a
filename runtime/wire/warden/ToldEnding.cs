namespace Isolation.Wire;

/// <summary>Body of <see cref="WardenOperation.Tell"/>: the client's word on its child.</summary>
/// <param name="Cell">The room.</param>
/// <param name="How">How it ended; <see cref="EndedHow.NeverStarted"/>: the command could not be executed.</param>
/// <param name="Value">The exit code, the signal, or the error number.</param>
public sealed record ToldEnding(Guid Cell, EndedHow How, int Value)
{
    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to) => to.Id(Cell).U8((byte)How).I32(Value);

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static ToldEnding Read(MessageReader from)
    {
        var told = new ToldEnding(from.Id(), (EndedHow)from.U8(), from.I32());
        from.End();
        return told.How is EndedHow.NeverStarted or EndedHow.Exited or EndedHow.Signaled ? told : throw new WireException("an ending that no client tells");
    }
}
