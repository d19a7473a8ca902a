namespace Isolation.Wire;

/// <summary>
/// The steps between the birth of a payload's process and its first instruction. Their order and numbers are part of the
/// contract between cell-init, warden and record: a failed start names the step.
/// </summary>
public enum StartStep
{
    /// <summary>No step: the client was gone before the first.</summary>
    ClientGone = 0,

    /// <summary>clone3 itself, into the leaf.</summary>
    Clone = 1,

    /// <summary>Joining the leaves of cgroup v1.</summary>
    V1Leaves = 2,

    /// <summary>The network namespace of the pilot's: only of cell-init, which the warden starts.</summary>
    NetworkNamespace = 3,

    /// <summary>A session of its own.</summary>
    Session = 4,

    /// <summary>A new session keyring.</summary>
    Keyring = 5,

    /// <summary>oom_score_adj.</summary>
    OomScore = 6,

    /// <summary>Resource limits.</summary>
    ResourceLimits = 7,

    /// <summary>Descriptors 0, 1, 2.</summary>
    Descriptors = 8,

    /// <summary>Closing every other descriptor.</summary>
    CloseRange = 9,

    /// <summary>Emptying the capability bounding set.</summary>
    BoundingSet = 10,

    /// <summary>The pilot's CPUs.</summary>
    CpuAffinity = 11,

    /// <summary>The pilot's scheduling policy, where it is no real-time one.</summary>
    SchedulingPolicy = 12,

    /// <summary>The pilot's nice value.</summary>
    Nice = 13,

    /// <summary>The pilot's io priority.</summary>
    IoPriority = 14,

    /// <summary>Supplementary groups.</summary>
    Groups = 15,

    /// <summary>gid.</summary>
    GroupId = 16,

    /// <summary>uid.</summary>
    UserId = 17,

    /// <summary>Parent-death signal.</summary>
    ParentDeath = 18,

    /// <summary>Signals to default, mask empty.</summary>
    Signals = 19,

    /// <summary>Working directory.</summary>
    Directory = 20,

    /// <summary>no_new_privs.</summary>
    NoNewPrivileges = 21,

    /// <summary>The Landlock domain, where the kernel has its scopes.</summary>
    Landlock = 22,

    /// <summary>The system call filter.</summary>
    Seccomp = 23,

    /// <summary>exec.</summary>
    Exec = 24,

    /// <summary>The whole start took longer than its deadline.</summary>
    Deadline = 25,

    /// <summary>It was killed while it waited to be let go.</summary>
    Leave = 26,

    /// <summary>A cgroup namespace whose root is the leaf: in containers, right after the leaves are joined.</summary>
    CgroupNamespace = 27,

    /// <summary>A user namespace that is there already: of what serves a container's network, which the warden starts.</summary>
    UserNamespace = 28,
}

/// <summary>The names of the steps, as records and messages spell them.</summary>
public static class StartStepNames
{
    /// <summary>The name of a step.</summary>
    public static string Name(this StartStep step) => step switch
    {
        StartStep.ClientGone => "client-gone",
        StartStep.Clone => "clone",
        StartStep.V1Leaves => "v1-leaves",
        StartStep.NetworkNamespace => "network-namespace",
        StartStep.Session => "setsid",
        StartStep.Keyring => "keyring",
        StartStep.OomScore => "oom-score-adj",
        StartStep.ResourceLimits => "rlimits",
        StartStep.Descriptors => "descriptors",
        StartStep.CloseRange => "close-range",
        StartStep.BoundingSet => "bounding-set",
        StartStep.CpuAffinity => "cpu-affinity",
        StartStep.SchedulingPolicy => "scheduling-policy",
        StartStep.Nice => "nice",
        StartStep.IoPriority => "io-priority",
        StartStep.Groups => "setgroups",
        StartStep.GroupId => "setresgid",
        StartStep.UserId => "setresuid",
        StartStep.ParentDeath => "parent-death-signal",
        StartStep.Signals => "signals",
        StartStep.Directory => "chdir",
        StartStep.NoNewPrivileges => "no-new-privs",
        StartStep.Landlock => "landlock",
        StartStep.Seccomp => "seccomp",
        StartStep.Exec => "exec",
        StartStep.Deadline => "deadline",
        StartStep.Leave => "leave",
        StartStep.CgroupNamespace => "cgroup-namespace",
        StartStep.UserNamespace => "user-namespace",
        _ => "unknown",
    };
}
