using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>
/// The filter that cell-init puts on itself once its payload runs: what its loop, its allocator and the garbage collector need, and
/// nothing that opens, executes, or changes identity. Everything else fails with EPERM.
/// </summary>
public static class ResidentFilter
{
    private const int Newest = 424;

    internal static ImmutableArray<(int Number, string Name, string Reason)> Allowed { get; } =
    [
        (0, "read", "signals, wake-ups"),
        (1, "write", "cgroup.kill, wake-ups"),
        (3, "close", "streams and connections"),
        (7, "poll", "the loop"),
        (271, "ppoll", "the loop, as some C libraries spell it"),
        (219, "restart_syscall", "how the kernel goes on with the loop's wait when this process was stopped or frozen and continued"),
        (17, "pread64", "counters"),
        (46, "sendmsg", "control"),
        (47, "recvmsg", "control and the pilot's channel"),
        (48, "shutdown", "waking the channel's thread at the end"),
        (288, "accept4", "a warden that comes back"),
        (62, "kill", "signals to the payload's group"),
        (424, "pidfd_send_signal", "signals to the payload"),
        (247, "waitid", "the ending"),
        (318, "getrandom", "the nonce of a new control connection"),
        (202, "futex", "threads"),
        (28, "madvise", "memory"),
        (9, "mmap", "memory"),
        (10, "mprotect", "memory"),
        (11, "munmap", "memory"),
        (12, "brk", "memory"),
        (25, "mremap", "memory"),
        (13, "rt_sigaction", "the runtime"),
        (14, "rt_sigprocmask", "the runtime"),
        (15, "rt_sigreturn", "the runtime"),
        (131, "sigaltstack", "the runtime, at a thread's end"),
        (234, "tgkill", "the garbage collector stops threads with a signal"),
        (324, "membarrier", "the garbage collector"),
        (24, "sched_yield", "the garbage collector"),
        (204, "sched_getaffinity", "the runtime"),
        (39, "getpid", "the runtime"),
        (186, "gettid", "the runtime"),
        (228, "clock_gettime", "time, where the vDSO does not answer"),
        (230, "clock_nanosleep", "the runtime"),
        (60, "exit", "a thread's end"),
        (231, "exit_group", "the end"),
    ];

    /// <summary>The filter.</summary>
    public static SeccompFilter Instance { get; } = Build(); // after the table it is built from

    private static SeccompFilter Build()
    {
        var rules = new CallRule?[Newest + 1];
        foreach ((int number, _, _) in Allowed)
            rules[number] = CallRule.Allowed;
        return SeccompAssembler.Assemble(rules, CallRule.NotPermitted);
    }
}
