using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>Processes and threads: their life, their signals, who they are.</summary>
internal static class ProcessCalls
{
    private const uint PER_LINUX = 0;
    private const uint ADDR_NO_RANDOMIZE = 0x40000;
    private const uint Query = 0xffffffff;

    internal static ImmutableArray<CallGroup> Groups { get; } =
    [
        new("birth, program and end; clone has its own rule among the namespaces", CallRule.Allowed,
        [
            (57, "fork"), (58, "vfork"), (59, "execve"), (322, "execveat"), (60, "exit"), (231, "exit_group"), (61, "wait4"), (247, "waitid"),
            (218, "set_tid_address"),
        ]),
        new("signals: the kernel asks whether the caller may send one", CallRule.Allowed,
        [
            (13, "rt_sigaction"), (14, "rt_sigprocmask"), (15, "rt_sigreturn"), (62, "kill"), (127, "rt_sigpending"), (128, "rt_sigtimedwait"),
            (129, "rt_sigqueueinfo"), (130, "rt_sigsuspend"), (131, "sigaltstack"), (200, "tkill"), (219, "restart_syscall"), (234, "tgkill"),
            (297, "rt_tgsigqueueinfo"), (424, "pidfd_send_signal"), (434, "pidfd_open"),
        ]),
        new("numbers, sessions and process groups: job control", CallRule.Allowed,
        [
            (39, "getpid"), (110, "getppid"), (186, "gettid"), (109, "setpgid"), (111, "getpgrp"), (121, "getpgid"), (112, "setsid"), (124, "getsid"),
        ]),
        new("ids and capabilities: the caller has one account and no capability, so it can only ask, or set what it has", CallRule.Allowed,
        [
            (102, "getuid"), (104, "getgid"), (107, "geteuid"), (108, "getegid"), (115, "getgroups"), (118, "getresuid"), (120, "getresgid"),
            (105, "setuid"), (106, "setgid"), (113, "setreuid"), (114, "setregid"), (116, "setgroups"), (117, "setresuid"), (119, "setresgid"),
            (122, "setfsuid"), (123, "setfsgid"), (125, "capget"), (126, "capset"),
        ]),
        new("the thread's own state, as C libraries and debuggers need it; what would be privileged needs a capability", CallRule.Allowed,
            [(157, "prctl"), (158, "arch_prctl")]),
        new("confining itself further, which no_new_privs makes safe", CallRule.Allowed,
        [
            (317, "seccomp"), (444, "landlock_create_ruleset"), (445, "landlock_add_rule"), (446, "landlock_restrict_self"),
            (459, "lsm_get_self_attr"), (460, "lsm_set_self_attr"), (461, "lsm_list_modules"),
        ]),
        new("debuggers, tracers and MPI reach processes of the same account: at private only the payload's own, at classic whoever shares the account",
            CallRule.Allowed, [(101, "ptrace"), (310, "process_vm_readv"), (311, "process_vm_writev")]),
        new("the host's own tracing puts them into a traced program; called by anybody else they fail", CallRule.Allowed,
            [(335, "uretprobe"), (336, "uprobe")]),
        new("the plain personality and the question for it; without address randomization for debuggers and sanitizers, which weakens only the caller. "
            + "Others change what addresses are executable or mapped, or the machine's name", new CallRule.FailUnless(0, [PER_LINUX, ADDR_NO_RANDOMIZE, Query], Errno.EPERM),
            [(135, "personality")]),
    ];
}
