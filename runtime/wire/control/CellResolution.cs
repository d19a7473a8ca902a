namespace Isolation.Wire;

/// <summary>What cell-init found when it opened the command with the payload's rights.</summary>
/// <param name="Outcome">Which of the answers it is.</param>
/// <param name="Path">For <see cref="ResolutionOutcome.Resolved"/>: the path that will be executed.</param>
/// <param name="File">For <see cref="ResolutionOutcome.Resolved"/>: the opened file, by which a digest can be remembered.</param>
/// <param name="Errno">For the refusals: the kernel's answer, or 0.</param>
/// <param name="Stream">For <see cref="ResolutionOutcome.StreamRefused"/>: which.</param>
/// <param name="Detail">For the refusals: what, in words.</param>
public sealed record CellResolution(ResolutionOutcome Outcome, byte[] Path, FileIdentity File, int Errno, int Stream, string Detail)
{
    private const int MaxPath = 4096;
    private const int MaxDetail = 512;

    /// <summary>Writes the body.</summary>
    public MessageWriter Write(MessageWriter to)
        => File.Write(to.U8((byte)Outcome).Bytes(Path)).I32(Errno).I32(Stream).Text(Detail);

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static CellResolution Read(MessageReader from)
    {
        var resolution = new CellResolution(
            (ResolutionOutcome)from.U8(), from.Bytes(MaxPath), FileIdentity.Read(ref from), from.I32(), from.I32(), from.Text(MaxDetail));
        from.End();
        return Enum.IsDefined(resolution.Outcome) ? resolution : throw new WireException("a resolution of no known outcome");
    }
}

/// <summary>The answers to <see cref="ControlKind.Resolve"/>.</summary>
public enum ResolutionOutcome : byte
{
    /// <summary>Opened, and executable by the payload account.</summary>
    Resolved = 1,

    /// <summary>No such command, or not executable by the payload account.</summary>
    CommandNotUsable = 2,

    /// <summary>The working directory cannot be entered by the payload account.</summary>
    DirectoryNotUsable = 3,

    /// <summary>A stream is of no kind that may be passed.</summary>
    StreamRefused = 4,

    /// <summary>The client went before its streams were complete.</summary>
    ClientGone = 5,

    /// <summary>The streams did not come in time, or a file system did not answer in time.</summary>
    TimedOut = 6,
}

/// <summary>A file as the kernel names it; with its ctime it stands for its content on a local file system.</summary>
/// <param name="Device">st_dev.</param>
/// <param name="Inode">st_ino.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ChangedNanoseconds">ctime, nanoseconds since 1970.</param>
/// <param name="IsRegular">Only a regular file has a digest.</param>
/// <param name="IsLocal">On a file system whose ctime changes with the content: the digest may be remembered.</param>
public readonly record struct FileIdentity(long Device, long Inode, long Size, long ChangedNanoseconds, bool IsRegular, bool IsLocal)
{
    internal MessageWriter Write(MessageWriter to)
        => to.I64(Device).I64(Inode).I64(Size).I64(ChangedNanoseconds).Flag(IsRegular).Flag(IsLocal);

    internal static FileIdentity Read(ref MessageReader from)
        => new(from.I64(), from.I64(), from.I64(), from.I64(), from.Flag(), from.Flag());
}
