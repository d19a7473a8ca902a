namespace Isolation.Core;

/// <summary>Isolation levels, weakest first: a stronger one compares greater.</summary>
public enum Level
{
    /// <summary>The client runs the payload itself; only the decision and the record are ours.</summary>
    LogOnly = 0,

    /// <summary>Another account of the host.</summary>
    Setuid = 1,

    /// <summary>A user-namespaced container.</summary>
    Container = 2,

    /// <summary>A virtual machine.</summary>
    Vm = 3,
}
