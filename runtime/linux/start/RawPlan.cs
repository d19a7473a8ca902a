namespace Isolation.Linux;

/// <summary>A <see cref="ChildPlan"/> as plain numbers and pointers.</summary>
internal unsafe struct RawPlan
{
    internal byte* Program;
    internal int ProgramFile;
    internal int SharedBelow; // where it is not 0 the parent's table is shared, and all that is needed of it is below
    internal RawCall* Mounts;
    internal int MountCount;
    internal bool RaiseLoopback;
    internal byte** Arguments;
    internal byte** Environment;
    internal int* Descriptors;
    internal int DescriptorCount;
    internal int ErrorPipe;
    internal int Leave; // read before the program is executed; -1 where nobody is waited for
    internal int Ruleset;
    internal int* Kept;
    internal int KeptCount;
    internal int* TaskFiles;
    internal int TaskFileCount;
    internal bool OwnCgroupNamespace;
    internal int NetworkNamespace;
    internal int UserNamespace;
    internal bool NewKeyring;
    internal byte* OomScore;
    internal int OomScoreLength;
    internal byte* OomScorePath;
    internal bool SetFileModeMask;
    internal uint FileModeMask;
    internal RawLimit* Limits;
    internal int LimitCount;
    internal ulong BoundingSet;
    internal int LastCapability;
    internal bool SetScheduling;
    internal byte* Cpus;
    internal byte* CpusInForce;
    internal int CpusLength;
    internal int SchedulingPolicy;
    internal int Nice;
    internal int IoPriority;
    internal bool SwitchAccount;
    internal uint Uid;
    internal uint Gid;
    internal uint* Groups;
    internal int GroupCount;
    internal int ParentDeathSignal;
    internal int Parent;
    internal ulong SignalMask;
    internal byte* Directory;
    internal byte* DirectoryBuffer;
    internal void* Filter;
}

internal struct RawLimit
{
    internal int Resource;
    internal ulong Soft;
    internal ulong Hard;
}

internal static unsafe class RawPlanner
{
    private const int SafeNumber = 64; // above everything a child may be given

    /// <summary>How many descriptors the child needs until it executes its program.</summary>
    internal static int NeededBy(ChildPlan plan, Descriptor? leave)
        => plan.Descriptors.Count(d => d is not null) + 1 + One(leave) + One(plan.ProgramFile) + One(plan.LandlockRuleset) + One(plan.NetworkNamespace) + One(plan.UserNamespace)
            + plan.TaskFiles.Length + plan.Mounts.Count(m => m is MountStep.Attach or MountStep.Find);

    /// <summary>Copies a plan into native memory.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="errorPipe">Where the child reports.</param>
    /// <param name="leave">Where leave to execute the program is waited for; null where it is not.</param>
    /// <param name="block">The memory.</param>
    /// <param name="low">Numbers for all that the child needs; null where it gets a copy of the whole table.</param>
    /// <param name="held">Gets the descriptors that were duplicated.</param>
    internal static RawPlan Prepare(ChildPlan plan, Descriptor errorPipe, Descriptor? leave, NativeBlock block, LowNumbers.Loan? low, List<Descriptor> held)
    {
        // Placing one must not overwrite another's source. Not copied without need: closing the copy of a stranger's descriptor can take for ever.
        int Copied(Descriptor from) => low?.Place(from) ?? (from.Number >= plan.Descriptors.Length ? from.Number : Hold(from.Duplicate(SafeNumber), held));
        int Seen(Descriptor from) => low?.Place(from) ?? from.Number;

        int[] sources = new int[plan.Descriptors.Length];
        for (int i = 0; i < sources.Length; i++)
            sources[i] = plan.Descriptors[i] is Descriptor given ? Copied(given) : -1;
        byte[] oom = plan.OomScoreAdjustment is int score ? System.Text.Encoding.ASCII.GetBytes(score.ToString(System.Globalization.CultureInfo.InvariantCulture)) : [];
        RawLimit[] limits = [.. plan.ResourceLimits.Select(l => new RawLimit { Resource = l.Resource, Soft = l.Soft, Hard = l.Hard })];
        uint[] groups = plan.Account is null ? [] : [.. plan.Account.Groups];
        ReadOnlySpan<byte> cpus = plan.Scheduling is null ? [] : plan.Scheduling.Cpus.AsSpan();
        int[] taskFiles = [.. plan.TaskFiles.Select(Seen)];
        int pipe = Copied(errorPipe);
        int wait = leave is null ? -1 : Copied(leave);
        int program = plan.ProgramFile is Descriptor opened ? Copied(opened) : -1;
        int ruleset = plan.LandlockRuleset is Descriptor made ? Copied(made) : -1;
        int network = plan.NetworkNamespace is Descriptor other ? Seen(other) : -1;
        int users = plan.UserNamespace is Descriptor theirs ? Copied(theirs) : -1;
        RawCall* mounts = RawCall.Prepare(plan.Mounts, Seen, block);
        int[] kept = [.. new[] { pipe, wait, program, ruleset, users }.Where(n => n >= 0).Order()];

        return new RawPlan
        {
            Program = block.Text(plan.ProgramFile is null ? plan.Program.Span : []),
            ProgramFile = program,
            SharedBelow = low?.End ?? 0,
            Mounts = mounts,
            MountCount = plan.Mounts.Length,
            RaiseLoopback = plan.Namespaces.HasFlag(OwnNamespaces.Network),
            Arguments = block.Vector(plan.Arguments),
            Environment = block.Vector(plan.Environment),
            Descriptors = block.Array<int>(sources),
            DescriptorCount = sources.Length,
            ErrorPipe = pipe,
            Leave = wait,
            Ruleset = ruleset,
            Kept = block.Array<int>(kept),
            KeptCount = kept.Length,
            TaskFiles = block.Array<int>(taskFiles),
            TaskFileCount = taskFiles.Length,
            OwnCgroupNamespace = plan.OwnCgroupNamespace,
            NetworkNamespace = network,
            UserNamespace = users,
            NewKeyring = plan.NewKeyring,
            OomScore = block.Text(oom),
            OomScoreLength = oom.Length,
            OomScorePath = block.Text("/proc/self/oom_score_adj"u8),
            SetFileModeMask = plan.FileModeMask is not null,
            FileModeMask = plan.FileModeMask ?? 0,
            Limits = block.Array<RawLimit>(limits),
            LimitCount = limits.Length,
            BoundingSet = plan.BoundingSet,
            LastCapability = Capabilities.Last,
            SetScheduling = plan.Scheduling is not null,
            Cpus = block.Array(cpus),
            CpusInForce = block.Array<byte>(new byte[cpus.Length]),
            CpusLength = cpus.Length,
            SchedulingPolicy = plan.Scheduling?.Policy ?? 0,
            Nice = plan.Scheduling?.Nice ?? 0,
            IoPriority = plan.Scheduling?.IoPriority ?? 0,
            SwitchAccount = plan.Account is not null,
            Uid = plan.Account?.Uid ?? 0,
            Gid = plan.Account?.Gid ?? 0,
            Groups = block.Array<uint>(groups),
            GroupCount = groups.Length,
            ParentDeathSignal = plan.ParentDeathSignal,
            Parent = plan.Namespaces.HasFlag(OwnNamespaces.Processes) ? 0 : Environment.ProcessId,
            SignalMask = plan.SignalMask,
            Directory = plan.Directory is ReadOnlyMemory<byte> directory ? block.Text(directory.Span) : null,
            DirectoryBuffer = block.Array<byte>(new byte[4096]),
            Filter = plan.Filter is SeccompFilter filter ? filter.CopyTo(block) : null,
        };
    }

    private static int One(Descriptor? descriptor) => descriptor is null ? 0 : 1;

    private static int Hold(Descriptor copy, List<Descriptor> held)
    {
        held.Add(copy);
        return copy.Number;
    }
}
