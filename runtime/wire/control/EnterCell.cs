namespace Isolation.Wire;

/// <summary>
/// What cell-init is told when a payload enters. With it come, in this order: the cell's end of the pilot's channel, the
/// client's pidfd, the command block, the leaf's directory, its <c>cgroup.kill</c>, <c>cgroup.freeze</c> and
/// <c>cgroup.events</c>, a file for each of <see cref="Counters"/>, then <see cref="TaskFiles"/> files <c>tasks</c> of cgroup v1.
/// </summary>
/// <param name="Uid">The payload account's uid.</param>
/// <param name="Gid">Its gid.</param>
/// <param name="Groups">Its supplementary groups.</param>
/// <param name="WallMilliseconds">The wall-clock limit, or 0 for none.</param>
/// <param name="StreamsMilliseconds">How long the client may take to send its streams, by which it says that what it brings is complete.</param>
/// <param name="ResourceLimits">For each resource of getrlimit(2), in the kernel's order: soft and hard limit; -1 for infinity.</param>
/// <param name="OomScoreAdjustment">The pilot's oom_score_adj.</param>
/// <param name="FileModeMask">The pilot's umask.</param>
/// <param name="Schedule">The client's CPUs and priorities.</param>
/// <param name="PilotEndInode">The socket inode of the client's end of the pilot's channel: it may not become a stream.</param>
/// <param name="Scratch">The payload's scratch: its HOME, TMPDIR and, unless another is asked for, working directory.</param>
/// <param name="RoomEnvironment">Environment entries that the room defines; they win over the block's.</param>
/// <param name="Counters">The kinds of the counters among the descriptors, in their order (Linux: CounterKind).</param>
/// <param name="TaskFiles">How many v1 places the child has to join.</param>
/// <param name="Own">What cell-init does in its own mount namespace; null where it is in the host's.</param>
/// <param name="IsDetached">Once the payload has started, the client's going does not end it.</param>
/// <param name="Landlock">Whether the payload gets a Landlock domain where the kernel has its scopes; no: only so that tests see what holds without.</param>
public sealed record EnterCell(
    uint Uid,
    uint Gid,
    uint[] Groups,
    long WallMilliseconds,
    long StreamsMilliseconds,
    ResourceLimit[] ResourceLimits,
    int OomScoreAdjustment,
    uint FileModeMask,
    PilotSchedule Schedule,
    long PilotEndInode,
    string Scratch,
    string[] RoomEnvironment,
    byte[] Counters,
    int TaskFiles,
    OwnRoom? Own,
    bool IsDetached,
    bool Landlock)
{
    /// <summary>The most supplementary groups.</summary>
    public const int MaxGroups = 1024;

    /// <summary>The most v1 places.</summary>
    public const int MaxTaskFiles = 12;

    /// <summary>Descriptors that always come.</summary>
    public const int FixedDescriptors = 7;

    /// <summary>The most counters.</summary>
    public const int MaxCounters = 48;

    private const int MaxText = 4096;

    /// <summary>How many descriptors come with the message.</summary>
    public int Descriptors => FixedDescriptors + Counters.Length + TaskFiles + (Own?.Mounts.Length ?? 0);

    /// <summary>Writes the body.</summary>
    public MessageWriter Write(MessageWriter to)
    {
        to.U32(Uid).U32(Gid).U32((uint)Groups.Length);
        foreach (uint group in Groups)
            to.U32(group);
        to.I64(WallMilliseconds).I64(StreamsMilliseconds).U32((uint)ResourceLimits.Length);
        foreach (ResourceLimit limit in ResourceLimits)
            to.I64(limit.Soft).I64(limit.Hard);
        Schedule.Write(to.I32(OomScoreAdjustment).U32(FileModeMask)).I64(PilotEndInode).Text(Scratch).U32((uint)RoomEnvironment.Length);
        foreach (string entry in RoomEnvironment)
            to.Text(entry);
        to.Bytes(Counters).U32((uint)TaskFiles).Flag(Own is not null);
        Own?.Write(to);
        return to.Flag(IsDetached).Flag(Landlock);
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static EnterCell Read(MessageReader from)
    {
        uint uid = from.U32(), gid = from.U32();
        uint[] groups = new uint[from.Count(MaxGroups)];
        for (int i = 0; i < groups.Length; i++)
            groups[i] = from.U32();
        long wall = from.I64(), streams = from.I64();
        var limits = new ResourceLimit[from.Count(16)];
        for (int i = 0; i < limits.Length; i++)
            limits[i] = new ResourceLimit(from.I64(), from.I64());
        int oomScore = from.I32();
        uint mask = from.U32();
        PilotSchedule schedule = PilotSchedule.Read(ref from);
        long pilotEnd = from.I64();
        string scratch = from.Text(MaxText);
        string[] environment = new string[from.Count(64)];
        for (int i = 0; i < environment.Length; i++)
            environment[i] = from.Text(MaxText);
        var enter = new EnterCell(
            uid, gid, groups, wall, streams, limits, oomScore, mask, schedule, pilotEnd, scratch, environment, from.Bytes(MaxCounters), from.Count(MaxTaskFiles),
            from.Flag() ? OwnRoom.Read(ref from) : null, from.Flag(), from.Flag());
        from.End();
        return enter;
    }
}

/// <summary>One resource limit, as setrlimit(2) takes it; -1 for infinity.</summary>
public readonly record struct ResourceLimit(long Soft, long Hard);
