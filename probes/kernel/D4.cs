using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>D4. This process is two execs away from the one that was given the filter.</summary>
internal static class D4
{
    private const int PR_SET_SECCOMP = 22, SECCOMP_SET_MODE_FILTER = 1, NEW_LISTENER = 8, PTRACE_TRACEME = 0, PTRACE_SEIZE = 0x4206, PTRACE_O_SUSPEND_SECCOMP = 1 << 21;

    public static readonly Probe Probe = new("D4", "lose the system call filter by exec, threads, tracing or a filter of its own", Run);

    private static void Run(Attack attack)
    {
        string[] threads = Kernel.Names("/proc/self/task");
        string[] modes = [.. threads.Select(t => Kernel.StatusField(Kernel.Text($"/proc/self/task/{t}/status"), "Seccomp")).Distinct()];
        if (modes is ["2"])
            attack.Held($"exec twice, and look at {threads.Length} threads", "each has a filter");
        else
            attack.Broke($"exec twice, and look at {threads.Length} threads", $"mode {string.Join(", ", modes)}");
        ScriptOutcome off = SyscallScript.Run(0, [new ScriptCall(Nr.prctl, [PR_SET_SECCOMP, 0])]);
        attack.Refused("prctl(PR_SET_SECCOMP, off)", off.Results.Count > 0 ? off.Results[0] : -Errno.EPERM);

        // One allowing filter with a listener: the call asks whoever holds the listener, and that one can answer "go on".
        using NativeBuffer allow = new(8), program = new(16);
        allow.Span[0] = 0x06;
        allow.Int(4) = 0x7fff0000;
        program.Span[0] = 1;
        program.Long(8) = allow.Address;
        ScriptOutcome own = SyscallScript.Run(0, [new ScriptCall(Nr.seccomp, [SECCOMP_SET_MODE_FILTER, NEW_LISTENER, program.Address]), new ScriptCall(Nr.openat2, [-100, 0, 0, 24])]);
        if (own.Results.Count > 1 && own.Results[1] is not (-Errno.ENOSYS or -Errno.EPERM))
            attack.Broke("put a filter with a listener above, then call what is refused", ErrnoName.Of(-own.Results[1]));
        else
            attack.Held("put a filter with a listener above, then call what is refused", own.Results.Count > 1 ? ErrnoName.Of(-own.Results[1]) : $"killed by signal {own.Signal}");
        attack.Refused("ptrace(SEIZE, SUSPEND_SECCOMP) its own child", Suspend());
    }

    private static nint Suspend()
    {
        int child = Waiter.Spawn(["wait", "5", "separation-child"]);
        if (child < 0)
            return child;
        nint result = KernelCall.Invoke(Nr.ptrace, PTRACE_SEIZE, child, 0, PTRACE_O_SUSPEND_SECCOMP);
        KernelCall.Invoke(Nr.kill, child, 9);
        return result;
    }
}
