using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>What is answered as by a kernel that lacks it (ENOSYS), so that callers take the way they have for such kernels.</summary>
internal static class HiddenCalls
{
    internal static ImmutableArray<CallGroup> Groups { get; } =
    [
        new("its mode lies in memory, which a filter cannot see: it could create set-id files. Callers fall back to openat", CallRule.NotThere, [(437, "openat2")]),
        new("its operations pass no filter. Callers fall back to epoll and threads", CallRule.NotThere,
            [(425, "io_uring_setup"), (426, "io_uring_enter"), (427, "io_uring_register")]),
        new("keyrings belong to the account, not to the payload: what one leaves the next would find, and a request for a key runs a program as the host's root. "
            + "Container runtimes and Kerberos go on without", CallRule.NotThere, [(248, "add_key"), (249, "request_key"), (250, "keyctl")]),
        new("segments for 16-bit and 32-bit code, which does not run here", CallRule.NotThere,
            [(154, "modify_ldt"), (205, "set_thread_area"), (211, "get_thread_area")]),
        new("retired: no kernel since 5.14 does anything useful on them, or no C library uses them", CallRule.NotThere,
        [
            (134, "uselib"), (136, "ustat"), (139, "sysfs"), (156, "_sysctl"), (174, "create_module"), (177, "get_kernel_syms"), (178, "query_module"),
            (180, "nfsservctl"), (181, "getpmsg"), (182, "putpmsg"), (183, "afs_syscall"), (184, "tuxcall"), (185, "security"),
            (212, "lookup_dcookie"), (214, "epoll_ctl_old"), (215, "epoll_wait_old"), (236, "vserver"),
        ]),
    ];
}
