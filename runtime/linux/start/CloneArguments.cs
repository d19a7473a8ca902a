using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>struct clone_args, linux/sched.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CloneArguments
{
    internal ulong Flags;
    internal ulong PidFd;
    internal ulong ChildTid;
    internal ulong ParentTid;
    internal ulong ExitSignal;
    internal ulong Stack;
    internal ulong StackSize;
    internal ulong Tls;
    internal ulong SetTid;
    internal ulong SetTidSize;
    internal ulong Cgroup;
}

/// <summary>The namespaces that a child gets of its own (clone(2)).</summary>
[Flags]
public enum OwnNamespaces : ulong
{
    /// <summary>None: those of its parent.</summary>
    None = 0,

    /// <summary>CLONE_NEWNS: what is mounted.</summary>
    Mounts = 0x20000,

    /// <summary>CLONE_NEWIPC: System V IPC and POSIX message queues.</summary>
    Ipc = 0x08000000,

    /// <summary>CLONE_NEWPID: processes; the child is number 1.</summary>
    Processes = 0x20000000,

    /// <summary>CLONE_NEWNET: the network, empty but for a loopback device.</summary>
    Network = 0x40000000,
}
