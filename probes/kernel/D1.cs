using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>D1. Every call is given arguments with which it changes nothing where it is let through.</summary>
internal static class D1
{
    private const int SIGSYS = 31;
    private const int X32 = 0x40000000;

    public static readonly Probe Probe = new("D1", "reach system calls that no payload needs, also by the entries of i386 and x32", Run);

    private static void Run(Attack attack)
    {
        using NativeBuffer none = new("/nonexistent"), memory = new(512), empty = new("");
        foreach ((string name, ScriptCall call) in Calls(none.Address, memory.Address, empty.Address))
            Tell(attack, name, SyscallScript.Run(0, [call]));
        foreach ((string name, ScriptCall call) in ForeignEntries())
            TellForeign(attack, name, SyscallScript.Run(0, [call]));
    }

    private static IEnumerable<(string Name, ScriptCall Call)> Calls(nint path, nint memory, nint empty)
    {
        ScriptCall Call(int number, params nint[] arguments) => new(number, arguments);
        yield return ("bpf(PROG_LOAD)", Call(Nr.bpf, 5, memory, 72));
        yield return ("bpf(MAP_CREATE)", Call(Nr.bpf, 0, memory, 72));
        yield return ("kexec_load with unknown flags", Call(Nr.kexec_load, 0, 0, 0, unchecked((int)0xffff0000)));
        yield return ("kexec_file_load of no file", Call(Nr.kexec_file_load, -1, -1, 0, 0, 0));
        yield return ("init_module of nothing", Call(Nr.init_module, 0, 0, empty));
        yield return ("finit_module of no file", Call(Nr.finit_module, -1, empty, 0));
        yield return ("delete_module of none", Call(Nr.delete_module, path, 0x800));
        yield return ("perf_event_open of nothing", Call(Nr.perf_event_open, memory, 0, -1, -1, 0));
        yield return ("userfaultfd(UFFD_USER_MODE_ONLY)", Call(Nr.userfaultfd, 1));
        yield return ("io_uring_setup", Call(Nr.io_uring_setup, 1, memory));
        yield return ("io_uring_enter of no ring", Call(Nr.io_uring_enter, -1));
        yield return ("openat2 of nothing", Call(Nr.openat2, Kernel.AT_FDCWD, path, memory, 24));
        yield return ("clone3 of nothing", Call(Nr.clone3, 0, 0));
        yield return ("open_by_handle_at", Call(Nr.open_by_handle_at, Kernel.AT_FDCWD, memory, 0));
        yield return ("quotactl(Q_GETFMT)", Call(Nr.quotactl, unchecked((int)0x80000400), path, 0, memory));
        yield return ("quotactl_fd of no file", Call(Nr.quotactl_fd, -1, unchecked((int)0x80000400), 0, memory));
        yield return ("swapon of no file", Call(Nr.swapon, path, 0));
        yield return ("swapoff of no file", Call(Nr.swapoff, path));
        yield return ("acct of no file", Call(Nr.acct, path));
        yield return ("reboot with wrong magic", Call(Nr.reboot, 0, 0, 0));
        yield return ("sethostname longer than allowed", Call(Nr.sethostname, memory, 500));
        yield return ("setdomainname longer than allowed", Call(Nr.setdomainname, memory, 500));
        yield return ("iopl(3)", Call(Nr.iopl, 3));
        yield return ("ioperm", Call(Nr.ioperm, 0x80, 1, 1));
        yield return ("mount of nothing", Call(Nr.mount, path, path, path, 0, 0));
        yield return ("umount2 of nothing", Call(Nr.umount2, path, 0));
        yield return ("pivot_root of nothing", Call(Nr.pivot_root, path, path));
        yield return ("chroot to nothing", Call(Nr.chroot, path));
        yield return ("open_tree(CLONE) of nothing", Call(Nr.open_tree, Kernel.AT_FDCWD, path, 1));
        yield return ("move_mount of nothing", Call(Nr.move_mount, -1, path, -1, path, 0));
        yield return ("fsopen of nothing", Call(Nr.fsopen, path, 0));
        yield return ("fspick of nothing", Call(Nr.fspick, Kernel.AT_FDCWD, path, 0));
        yield return ("fsmount of nothing", Call(Nr.fsmount, -1, 0, 0));
        yield return ("mount_setattr of nothing", Call(Nr.mount_setattr, Kernel.AT_FDCWD, path, 0, memory, 32));
        yield return ("setns of nothing", Call(Nr.setns, -1, 0));
        yield return ("unshare(NEWNS)", Call(Nr.unshare, 0x00020000));
        yield return ("unshare(NEWNET)", Call(Nr.unshare, 0x40000000));
        yield return ("unshare(NEWPID)", Call(Nr.unshare, 0x20000000));
        yield return ("unshare(NEWIPC)", Call(Nr.unshare, 0x08000000));
        yield return ("unshare(NEWUTS)", Call(Nr.unshare, 0x04000000));
        yield return ("nfsservctl", Call(Nr.nfsservctl));
        yield return ("lookup_dcookie", Call(Nr.lookup_dcookie, 0, memory, 16));
        yield return ("migrate_pages of another", Call(Nr.migrate_pages, 1, 64, memory, memory));
        yield return ("fanotify_init(FAN_CLASS_CONTENT)", Call(Nr.fanotify_init, 4, 0));
    }

    // getpid, harmless anywhere, and openat of nothing: the entry is what is tried.
    private static IEnumerable<(string Name, ScriptCall Call)> ForeignEntries()
    {
        yield return ("x32: getpid", new ScriptCall(X32 | Nr.getpid, []));
        yield return ("x32: execveat", new ScriptCall(X32 | 545, [-1, 0, 0, 0, 0]));
        yield return ("x32: ptrace", new ScriptCall(X32 | 521, [0x4206, 1]));
        yield return ("i386: getpid by int 0x80", new ScriptCall(20, [], CallEntry.Interrupt));
        yield return ("i386: unshare by int 0x80", new ScriptCall(310, [0x10000000], CallEntry.Interrupt));
        yield return ("i386: mount by int 0x80", new ScriptCall(21, [0, 0, 0, 0], CallEntry.Interrupt));
        yield return ("i386: userfaultfd by int 0x80", new ScriptCall(374, [1], CallEntry.Interrupt));
    }

    // EPERM, EACCES and ENOSYS are the answers of a filter and of a missing capability; any other one comes from inside the call.
    private static void Tell(Attack attack, string name, ScriptOutcome outcome)
    {
        if (outcome.ChildError > 0)
            attack.Held(name, "no child: " + ErrnoName.Of(outcome.ChildError));
        else if (outcome.Results.Count == 0)
            attack.Held(name, outcome.Signal == SIGSYS ? "killed by SIGSYS" : $"killed by signal {outcome.Signal}");
        else if (-outcome.Results[0] is Errno.EPERM or Errno.ENOSYS or Errno.EACCES)
            attack.Held(name, ErrnoName.Of(-outcome.Results[0]));
        else
            attack.Broke(name, outcome.Results[0] < 0 ? $"the call looked at its arguments: {ErrnoName.Of(-outcome.Results[0])}" : $"returned {outcome.Results[0]}");
    }

    private static void TellForeign(Attack attack, string name, ScriptOutcome outcome)
    {
        if (outcome.Results.Count == 0)
            attack.Held(name, outcome.Signal == SIGSYS ? "killed by SIGSYS" : $"killed by signal {outcome.Signal}");
        else if (outcome.Results[0] == -Errno.ENOSYS)
            attack.Held(name, "ENOSYS: the kernel has no such entry");
        else
            attack.Broke(name, outcome.Results[0] < 0 ? $"reached: {ErrnoName.Of(-outcome.Results[0])}" : $"returned {outcome.Results[0]}");
    }
}
