using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>What a child is to become between its birth and exec. What is left null stays as the parent has it.</summary>
public sealed record ChildPlan
{
    /// <summary>The program's path; with <see cref="ProgramFile"/> only its name.</summary>
    public required ReadOnlyMemory<byte> Program { get; init; }

    /// <summary>The program as an open file, where its path means something else to the child, or nothing. Borrowed until the start is over.</summary>
    public Descriptor? ProgramFile { get; init; }

    /// <summary>Arguments, without terminating NULs.</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> Arguments { get; init; }

    /// <summary>Environment entries, without terminating NULs.</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> Environment { get; init; }

    /// <summary>Becomes descriptors 0, 1, 2 …, in this order; null is closed. Everything else is closed. Borrowed until the start is over.</summary>
    public required ImmutableArray<Descriptor?> Descriptors { get; init; }

    /// <summary>The cgroup v2 directory to be born in.</summary>
    public Descriptor? Cgroup { get; init; }

    /// <summary>Files <c>tasks</c> of cgroup v1 leaves to join.</summary>
    public ImmutableArray<Descriptor> TaskFiles { get; init; } = [];

    /// <summary>
    /// A cgroup namespace whose roots are the leaves it is in (cgroup_namespaces(7)). Not a flag of the birth: a new namespace's roots are where the parent is.
    /// Needs CAP_SYS_ADMIN.
    /// </summary>
    public bool OwnCgroupNamespace { get; init; }

    /// <summary>Namespaces of its own.</summary>
    public OwnNamespaces Namespaces { get; init; }

    /// <summary>The mount namespace to be born from; null for this process's. Borrowed until the start is over.</summary>
    public MountNamespace? Nursery { get; init; }

    /// <summary>
    /// The pid namespace to be born in; null for this process's. Together with a <see cref="Nursery"/>, whose thread visits both. Needs CAP_SYS_ADMIN in the user namespace that owns
    /// it. Borrowed until the start is over.
    /// </summary>
    public Descriptor? PidNamespace { get; init; }

    /// <summary>What it changes first in its own mount namespace; a failure is step <see cref="ChildResult.Failed.FirstMount"/> plus the index.</summary>
    public ImmutableArray<MountStep> Mounts { get; init; } = [];

    /// <summary>The network namespace to move into. Needs CAP_SYS_ADMIN in the user namespace that owns it. Borrowed until the start is over.</summary>
    public Descriptor? NetworkNamespace { get; init; }

    /// <summary>
    /// The user namespace to move into, where it becomes its <see cref="Account"/>: that of ids there, root among them. From then on it has no capability outside (user_namespaces(7)).
    /// Needs CAP_SYS_ADMIN there. Borrowed until the start is over.
    /// </summary>
    public Descriptor? UserNamespace { get; init; }

    /// <summary>A session keyring of its own.</summary>
    public bool NewKeyring { get; init; }

    /// <summary>Its oom_score_adj.</summary>
    public int? OomScoreAdjustment { get; init; }

    /// <summary>Its umask.</summary>
    public uint? FileModeMask { get; init; }

    /// <summary>Resource limits (number, soft, hard), infinity as <see cref="ulong.MaxValue"/>.</summary>
    public ImmutableArray<(int Resource, ulong Soft, ulong Hard)> ResourceLimits { get; init; } = [];

    /// <summary>The capabilities that stay in the bounding set, as a mask; of <see cref="UserNamespace"/> where there is one.</summary>
    public ulong BoundingSet { get; init; }

    /// <summary>CPUs, policy, nice value and io priority; see <see cref="Linux.Scheduling.Within"/> for what needs no capability.</summary>
    public Scheduling? Scheduling { get; init; }

    /// <summary>The account to become.</summary>
    public ChildAccount? Account { get; init; }

    /// <summary>The signal that comes when the creating thread ends; 0 for none.</summary>
    public int ParentDeathSignal { get; init; }

    /// <summary>The signal mask at exec.</summary>
    public ulong SignalMask { get; init; }

    /// <summary>Working directory.</summary>
    public ReadOnlyMemory<byte>? Directory { get; init; }

    /// <summary>no_new_privs, and this Landlock ruleset behind it: see <see cref="Landlock"/>. Borrowed until the start is over.</summary>
    public Descriptor? LandlockRuleset { get; init; }

    /// <summary>no_new_privs, and this system call filter behind it.</summary>
    public SeccompFilter? Filter { get; init; }
}

/// <summary>The ids of a child.</summary>
public sealed record ChildAccount(uint Uid, uint Gid, ImmutableArray<uint> Groups);

/// <summary>What became of a start.</summary>
public abstract record ChildResult
{
    private ChildResult() { }

    /// <summary>exec has happened.</summary>
    /// <param name="Process">The child; the caller disposes it, and reaps it with <see cref="Sys.WaitFor"/>.</param>
    /// <param name="Pid">Its number.</param>
    public sealed record Running(PidFd Process, int Pid) : ChildResult;

    /// <summary>It failed at that step, and is reaped.</summary>
    public sealed record Failed(int Step, int Errno) : ChildResult
    {
        /// <summary>The number of the first of <see cref="ChildPlan.Mounts"/>.</summary>
        public const int FirstMount = 1000;
    }
}
