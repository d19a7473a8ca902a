using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>D3. Each capability is tried by an act, not read from a mask; each act changes nothing, or only the child that tries it.</summary>
internal static class D3
{
    private const int PR_CAP_AMBIENT = 47, PR_CAP_AMBIENT_RAISE = 2, CAP_NET_RAW = 13;

    public static readonly Probe Probe = new("D3", "act with each capability", Run);

    private static void Run(Attack attack)
    {
        string file = $"separation-{attack.Target.Run}-owned";
        Kernel.WriteFile(file, "", 0x180);
        using NativeBuffer name = new(file), one = new(8), time = new(256), limits = new(16), shadow = new("/etc/shadow"), rule = new(64), perf = new(128);
        one.Int(0) = perf.Int(0) = 1;
        perf.Int(4) = perf.Length;
        ScriptCall Call(int number, params nint[] arguments) => new(number, arguments);
        foreach ((string capability, string act, ScriptCall[] calls) in new (string, string, ScriptCall[])[]
        {
            ("CHOWN", "give its file to root", [Call(Nr.chown, name.Address, 0, 0)]),
            ("DAC_OVERRIDE", "open /etc/shadow for writing", [Call(Nr.openat, Kernel.AT_FDCWD, shadow.Address, Sys.O_WRONLY)]),
            ("DAC_READ_SEARCH", "open /etc/shadow", [Call(Nr.openat, Kernel.AT_FDCWD, shadow.Address, Sys.O_RDONLY)]),
            ("SETUID", "become uid 0", [Call(Nr.setresuid, 0, 0, 0)]),
            ("SETUID", "become uid 1", [Call(Nr.setresuid, 1, 1, 1)]),
            ("SETGID", "become gid 0", [Call(Nr.setresgid, 0, 0, 0)]),
            ("SETGID", "become gid 1", [Call(Nr.setresgid, 1, 1, 1)]),
            ("SETGID", "drop its groups", [Call(116, 0, 0)]),
            ("SETPCAP", "raise an ambient capability", [Call(Nr.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW)]),
            ("KILL", "ask after process 1", [Call(Nr.kill, 1, 0)]),
            ("NET_RAW", "open a raw socket", [Call(Nr.socket, 2, 3, 255)]),
            ("NET_ADMIN", "force a receive buffer", [Call(Nr.socket, 2, 2, 0), Call(Nr.setsockopt, SyscallScript.ResultOf(0), 1, 33, one.Address, 4)]),
            ("SYS_ADMIN", "set the host name to one too long", [Call(Nr.sethostname, time.Address, 500)]),
            ("SYS_CHROOT", "chroot to where it is", [Call(Nr.chroot, rule.Address)]),
            ("SYS_NICE", "take the real-time class of input and output", [Call(251, 1, 0, 1 << 13)]),
            ("SYS_TIME", "set the clock's frequency to a value beyond bounds", [Call(Nr.clock_adjtime, 0, time.Address)]),
            ("SYS_RESOURCE", "raise a hard limit", [Call(Nr.prlimit64, 0, 11, limits.Address, 0)]),
            ("SYS_BOOT", "reboot with wrong magic", [Call(Nr.reboot, 0, 0, 0)]),
            ("SYS_MODULE", "load no module", [Call(Nr.finit_module, -1, name.Address, 0)]),
            ("SYS_RAWIO", "iopl(3)", [Call(Nr.iopl, 3)]),
            ("SYS_PACCT", "turn accounting to a file that is none", [Call(Nr.acct, rule.Address)]),
            ("MKNOD", "make a device", [Call(Nr.mknod, rule.Address, 0x2180, 0x0103)]),
            ("SYSLOG", "read the kernel's log", [Call(Nr.syslog, 3, time.Address, 256)]),
            ("WAKE_ALARM", "make an alarm that wakes the machine", [Call(283, 8, 0)]),
            ("BPF", "load a program", [Call(Nr.bpf, 5, time.Address, 72)]),
            ("PERFMON", "measure a CPU", [Call(Nr.perf_event_open, perf.Address, -1, 0, -1, 0)]),
            ("LINUX_IMMUTABLE", "make its file immutable", [Call(Nr.openat, Kernel.AT_FDCWD, name.Address, 0), Call(Nr.ioctl, SyscallScript.ResultOf(0), 0x40086602, Immutable(rule))]),
        })
        {
            if (capability == "SYS_TIME")
                time.Int(0) = 0x0002; // ADJ_FREQUENCY of the present frequency, which is read first
            if (capability == "SYS_TIME")
                ReadFrequency(time);
            if (capability is "SYS_CHROOT")
                rule.Span[0] = (byte)'.';
            if (capability is "SYS_RESOURCE")
                limits.Long(8) = limits.Long(0) = Raised();
            Act(attack, capability, act, SyscallScript.Run(0, calls));
        }

        Kernel.OnPath(Nr.unlink, file);
        ClearImmutable(file);
        Kernel.Remove(file);
    }

    private static void Act(Attack attack, string capability, string act, ScriptOutcome outcome)
    {
        if (outcome.ChildError > 0 || outcome.Results.Count == 0)
        {
            attack.Held($"CAP_{capability}: {act}", outcome.Signal > 0 ? $"killed by signal {outcome.Signal}" : ErrnoName.Of(outcome.ChildError));
            return;
        }

        nint last = outcome.Results[^1];
        // In a user namespace an id that is not there is refused before anybody's capability is looked at (setresuid(2)).
        bool isNotThere = capability is "SETUID" or "SETGID" && -last == Errno.EINVAL;
        if (isNotThere)
            attack.Held($"CAP_{capability}: {act}", "the id is not there in its user namespace");
        else if (last >= 0)
            attack.Broke($"CAP_{capability}: {act}", $"the kernel returned {last}");
        else if (-last is Errno.EINVAL or Errno.EBADF or 14 /* EFAULT */ or Errno.EISDIR or 8 /* ENOEXEC */)
            attack.Broke($"CAP_{capability}: {act}", $"permitted, and then refused for its arguments: {ErrnoName.Of(-last)}");
        else
            attack.Held($"CAP_{capability}: {act}", ErrnoName.Of(-last));
    }

    private static nint Immutable(NativeBuffer flags)
    {
        flags.Int(32) = 0x10;
        return flags.Address + 32;
    }

    private static void ClearImmutable(string file)
    {
        using NativeBuffer none = new(8);
        nint fd = Kernel.Open(file, Sys.O_RDONLY);
        if (fd < 0)
            return;
        KernelCall.Invoke(Nr.ioctl, fd, 0x40086602, none.Address);
        Kernel.Close(fd);
    }

    private static void ReadFrequency(NativeBuffer time)
    {
        time.Span.Clear();
        KernelCall.Invoke(Nr.clock_adjtime, 0, time.Address);
        time.Int(0) = 0x0002;
    }

    // RLIMIT_SIGPENDING, one above its hard limit.
    private static long Raised()
    {
        using NativeBuffer now = new(16);
        KernelCall.Invoke(Nr.prlimit64, 0, 11, 0, now.Address);
        return now.Long(8) + 1;
    }
}
