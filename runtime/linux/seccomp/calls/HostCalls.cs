using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>What concerns the whole host, or looks past what a payload is: EPERM, as for any unprivileged caller.</summary>
internal static class HostCalls
{
    internal static ImmutableArray<CallGroup> Groups { get; } =
    [
        new("the running kernel: its modules, its successor, its end", CallRule.NotPermitted,
        [
            (175, "init_module"), (176, "delete_module"), (313, "finit_module"), (246, "kexec_load"), (320, "kexec_file_load"), (169, "reboot"),
        ]),
        new("the host's clock", CallRule.NotPermitted, [(164, "settimeofday"), (227, "clock_settime")]),
        new("swap, quotas and accounting of the host", CallRule.NotPermitted,
            [(167, "swapon"), (168, "swapoff"), (179, "quotactl"), (443, "quotactl_fd"), (163, "acct")]),
        new("the machine's ports, its consoles and its log", CallRule.NotPermitted, [(172, "iopl"), (173, "ioperm"), (153, "vhangup"), (103, "syslog")]),
        new("opens a file by its number, past the directories that lead to it", CallRule.NotPermitted, [(304, "open_by_handle_at")]),
        new("sees every access to a file system, also other accounts'", CallRule.NotPermitted, [(300, "fanotify_init"), (301, "fanotify_mark")]),
        new("programs and counters inside the kernel: often the way into it, and a view of others", CallRule.NotPermitted,
            [(321, "bpf"), (298, "perf_event_open")]),
        new("holds up the kernel at a page fault of its choice, which makes races there certain", CallRule.NotPermitted, [(323, "userfaultfd")]),
        new("takes descriptors out of another process; no debugger needs it", CallRule.NotPermitted, [(438, "pidfd_getfd")]),
        new("compares kernel objects of two processes: only checkpointing needs it, and that is not possible here", CallRule.NotPermitted, [(312, "kcmp")]),
    ];
}
