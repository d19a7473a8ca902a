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
    private const int SIGKILL = 9;

    /// <summary>Processes of the leaf that the kernel killed for want of memory; null when it killed none.</summary>
    public ObservedOutOfMemory? OutOfMemory { get; init; }

    /// <summary>True when the main process died of such a kill, as far as anybody can know: of SIGKILL, which none of ours sent, and nobody knows better.</summary>
    public bool IsOutOfMemory
        => How == EndedHow.Signaled && Value == SIGKILL && Cause == EndingCause.None && OutOfMemory is { Main: OutOfMemoryVictim.Main or OutOfMemoryVictim.NotKnown };

    /// <summary>True when it was not cell-init that saw it: the warden tells an ending without figures, of a cell-init that is gone.</summary>
    public bool IsOfWarden => Observer == EndingObserver.CellInit && How == EndedHow.Unknown && Usage.Figures.Length == 0;

    /// <summary>Who saw it, as records name it.</summary>
    public string ObserverName => IsOfWarden ? "warden" : Observer switch
    {
        EndingObserver.Kernel => "kernel",
        EndingObserver.Client => "client",
        EndingObserver.Warden => "warden",
        _ => "cell-init",
    };

    /// <summary>Who says how the main process ended.</summary>
    public EndingObserver Observer { get; init; }

    /// <summary>Writes the body.</summary>
    public MessageWriter Write(MessageWriter to)
    {
        Usage.Write(to.U8((byte)How).I32(Value).U8((byte)Cause).U8((byte)Observer).Flag(IsEmpty).Text(EmptinessDetail)).Flag(OutOfMemory is not null);
        OutOfMemory?.Write(to);
        return to;
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static ObservedEnding Read(MessageReader from)
    {
        (var how, int value, var cause, var observer) = ((EndedHow)from.U8(), from.I32(), (EndingCause)from.U8(), (EndingObserver)from.U8());
        var ending = new ObservedEnding(how, value, cause, from.Flag(), from.Text(MaxDetail), ObservedUsage.Read(ref from)) { Observer = observer };
        if (from.Flag())
            ending = ending with { OutOfMemory = ObservedOutOfMemory.Read(ref from) };
        from.End();
        return Enum.IsDefined(how) && Enum.IsDefined(cause) && Enum.IsDefined(observer) ? ending : throw new WireException("an ending of no known kind");
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

/// <summary>Who says how a main process ended.</summary>
public enum EndingObserver : byte
{
    /// <summary>cell-init, its parent.</summary>
    CellInit = 0,

    /// <summary>The kernel, to somebody who is not its parent (PIDFD_GET_INFO).</summary>
    Kernel = 1,

    /// <summary>Its parent, the client: the pilot's word.</summary>
    Client = 2,

    /// <summary>Nobody but the warden, which saw that it is over.</summary>
    Warden = 3,
}
