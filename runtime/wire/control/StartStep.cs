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

    /// <summary>A session of its own.</summary>
    Session = 3,

    /// <summary>A new session keyring.</summary>
    Keyring = 4,

    /// <summary>oom_score_adj.</summary>
    OomScore = 5,

    /// <summary>Resource limits.</summary>
    ResourceLimits = 6,

    /// <summary>Descriptors 0, 1, 2.</summary>
    Descriptors = 7,

    /// <summary>Closing every other descriptor.</summary>
    CloseRange = 8,

    /// <summary>Emptying the capability bounding set.</summary>
    BoundingSet = 9,

    /// <summary>Supplementary groups.</summary>
    Groups = 10,

    /// <summary>gid.</summary>
    GroupId = 11,

    /// <summary>uid.</summary>
    UserId = 12,

    /// <summary>Parent-death signal.</summary>
    ParentDeath = 13,

    /// <summary>Signals to default, mask empty.</summary>
    Signals = 14,

    /// <summary>Working directory.</summary>
    Directory = 15,

    /// <summary>no_new_privs.</summary>
    NoNewPrivileges = 16,

    /// <summary>The system call filter.</summary>
    Seccomp = 17,

    /// <summary>exec.</summary>
    Exec = 18,

    /// <summary>The whole start took longer than its deadline.</summary>
    Deadline = 19,
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
        StartStep.Session => "setsid",
        StartStep.Keyring => "keyring",
        StartStep.OomScore => "oom-score-adj",
        StartStep.ResourceLimits => "rlimits",
        StartStep.Descriptors => "descriptors",
        StartStep.CloseRange => "close-range",
        StartStep.BoundingSet => "bounding-set",
        StartStep.Groups => "setgroups",
        StartStep.GroupId => "setresgid",
        StartStep.UserId => "setresuid",
        StartStep.ParentDeath => "parent-death-signal",
        StartStep.Signals => "signals",
        StartStep.Directory => "chdir",
        StartStep.NoNewPrivileges => "no-new-privs",
        StartStep.Seccomp => "seccomp",
        StartStep.Exec => "exec",
        StartStep.Deadline => "deadline",
        _ => "unknown",
    };
}
