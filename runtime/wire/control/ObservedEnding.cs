namespace Isolation.Wire;

/// <summary>What cell-init saw of the payload's end.</summary>
/// <param name="How">How the main process ended.</param>
/// <param name="Value">Its exit code or signal.</param>
/// <param name="Cause">What made cell-init end it, if anything did.</param>
/// <param name="IsEmpty">The leaf showed <c>populated 0</c> afterwards.</param>
/// <param name="EmptinessDetail">If not: what was tried and seen.</param>
/// <param name="Usage">What the leaf's counters said.</param>
public sealed record ObservedEnding(EndedHow How, int Value, EndingCause Cause, bool IsEmpty, string EmptinessDetail, ObservedUsage Usage)
{
    private const int MaxDetail = 512;

    /// <summary>Writes the body.</summary>
    public MessageWriter Write(MessageWriter to)
        => Usage.Write(to.U8((byte)How).I32(Value).U8((byte)Cause).Flag(IsEmpty).Text(EmptinessDetail));

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static ObservedEnding Read(MessageReader from)
    {
        var ending = new ObservedEnding(
            (EndedHow)from.U8(), from.I32(), (EndingCause)from.U8(), from.Flag(), from.Text(MaxDetail), ObservedUsage.Read(ref from));
        from.End();
        return Enum.IsDefined(ending.How) && Enum.IsDefined(ending.Cause) ? ending : throw new WireException("an ending of no known kind");
    }
}

/// <summary>How a main process ended.</summary>
public enum EndedHow : byte
{
    /// <summary>It never started.</summary>
    NeverStarted = 0,

    /// <summary>It returned an exit code.</summary>
    Exited = 1,

    /// <summary>A signal ended it.</summary>
    Signaled = 2,

    /// <summary>Not known: its cell-init is gone.</summary>
    Unknown = 3,
}

/// <summary>Why cell-init ended a payload.</summary>
public enum EndingCause : byte
{
    /// <summary>It did not.</summary>
    None = 0,

    /// <summary>The client is gone.</summary>
    ClientGone = 1,

    /// <summary>The wall-clock limit passed.</summary>
    WallLimit = 2,

    /// <summary>The warden said so.</summary>
    Ordered = 3,
}

/// <summary>Figures of the leaf; -1 where one is not available.</summary>
/// <param name="WallMicroseconds">From the start to the main process's end.</param>
/// <param name="UserMicroseconds">CPU time in user mode.</param>
/// <param name="SystemMicroseconds">CPU time in the kernel.</param>
/// <param name="MemoryPeakBytes">Largest memory charged.</param>
public readonly record struct ObservedUsage(long WallMicroseconds, long UserMicroseconds, long SystemMicroseconds, long MemoryPeakBytes)
{
    /// <summary>Nothing measured.</summary>
    public static readonly ObservedUsage None = new(-1, -1, -1, -1);

    internal MessageWriter Write(MessageWriter to)
        => to.I64(WallMicroseconds).I64(UserMicroseconds).I64(SystemMicroseconds).I64(MemoryPeakBytes);

    internal static ObservedUsage Read(ref MessageReader from) => new(from.I64(), from.I64(), from.I64(), from.I64());
}
