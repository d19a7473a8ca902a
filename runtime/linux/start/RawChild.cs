namespace Isolation.Linux;

/// <summary>
/// The straight line of the child: one method, no allocation, no lock, raw calls on values prepared beforehand. The order is the
/// contract of mechanics: what needs root comes before the switch of identity, what the switch would undo comes after it.
/// </summary>
internal static unsafe class RawChild
{
    private const int CLONE_NEWCGROUP = 0x02000000;
    private const int CLONE_NEWNET = 0x40000000;
    private const int CLONE_NEWUSER = 0x10000000;
    private const int PRIO_PROCESS = 0;
    private const int IOPRIO_WHO_PROCESS = 1;
    private const int PR_SET_PDEATHSIG = 1;
    private const int PR_SET_DUMPABLE = 4;
    private const int PR_CAPBSET_DROP = 24;
    private const int PR_SET_NO_NEW_PRIVS = 38;
    private const int KEYCTL_JOIN_SESSION_KEYRING = 1;
    private const int SECCOMP_SET_MODE_FILTER = 1;
    private const int SIG_SETMASK = 2;
    private const int SIGKILL = 9;
    private const int SIGSTOP = 19;
    private const int LastSignal = 64;
    private const int AT_FDCWD = -100;
    private const int O_WRONLY_CLOEXEC = 0x80001;
    private const int AT_EMPTY_PATH = 0x1000;
    private const int AF_INET = 2;
    private const int SOCK_DGRAM_CLOEXEC = 0x80002;
    private const int SIOCSIFFLAGS = 0x8914;
    private const byte IFF_UP = 1;
    private const int CLOSE_RANGE_UNSHARE = 2;

    /// <summary>What a child that shares its parent's descriptors says once it has its own; no step's number begins so.</summary>
    internal const byte OwnTable = 0xff;

    /// <summary>Runs in the child and never returns.</summary>
    internal static void Become(RawPlan* plan)
    {
        int step = Steps(plan);
        int* report = stackalloc int[2];
        report[0] = step;
        report[1] = *Raw.ErrnoLocation();
        _ = Raw.Call(Raw.SYS_write, plan->ErrorPipe, (nint)report, 8, 0, 0, 0);
        _ = Raw.Call(Raw.SYS_exit_group, 127, 0, 0, 0, 0, 0);
    }

    // Returns the number of the step that failed; a success ends in exec.
    private static int Steps(RawPlan* plan)
    {
        byte zero = (byte)'0', ready = OwnTable;
        // First of all: what the child does to its descriptors it would else do to its parent's. Its parent waits for this.
        if (plan->SharedBelow > 0
            && (Raw.Call(Raw.SYS_close_range, plan->SharedBelow, int.MaxValue, CLOSE_RANGE_UNSHARE, 0, 0, 0) < 0
                || Raw.Call(Raw.SYS_write, plan->ErrorPipe, (nint)(&ready), 1, 0, 0, 0) != 1))
            return ChildSteps.CloseRange;

        for (int i = 0; i < plan->TaskFileCount; i++)
        {
            // "0" is the writer itself: 0.05 ms, where naming a pid waits for a grace period.
            if (Raw.Call(Raw.SYS_write, plan->TaskFiles[i], (nint)(&zero), 1, 0, 0, 0) != 1)
                return ChildSteps.V1Leaves;
        }

        if (plan->OwnCgroupNamespace && Raw.Call(Raw.SYS_unshare, CLONE_NEWCGROUP, 0, 0, 0, 0, 0) < 0)
            return ChildSteps.CgroupNamespace;

        int failed = RawCall.Make(plan->Mounts, plan->MountCount);
        if (failed >= 0)
            return ChildResult.Failed.FirstMount + failed;

        if (plan->RaiseLoopback && !TryRaiseLoopback())
            return ChildSteps.NetworkNamespace;

        if (plan->NetworkNamespace >= 0 && Raw.Call(Raw.SYS_setns, plan->NetworkNamespace, CLONE_NEWNET, 0, 0, 0, 0) < 0)
            return ChildSteps.NetworkNamespace;

        if (Raw.Call(Raw.SYS_setsid, 0, 0, 0, 0, 0, 0) < 0)
            return ChildSteps.Session;

        if (plan->NewKeyring && Raw.Call(Raw.SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0, 0) < 0)
            return ChildSteps.Keyring;

        if (plan->OomScoreLength > 0)
        {
            nint file = Raw.Call(Raw.SYS_openat, AT_FDCWD, (nint)plan->OomScorePath, O_WRONLY_CLOEXEC, 0, 0, 0);
            if (file < 0 || Raw.Call(Raw.SYS_write, file, (nint)plan->OomScore, plan->OomScoreLength, 0, 0, 0) < 0)
                return ChildSteps.OomScore;
            _ = Raw.Call(Raw.SYS_close, file, 0, 0, 0, 0, 0);
        }

        if (plan->SetFileModeMask)
            _ = Raw.Call(Raw.SYS_umask, (nint)plan->FileModeMask, 0, 0, 0, 0, 0);

        for (int i = 0; i < plan->LimitCount; i++)
        {
            ulong* pair = &plan->Limits[i].Soft;
            if (Raw.Call(Raw.SYS_prlimit64, 0, plan->Limits[i].Resource, (nint)pair, 0, 0, 0) < 0)
                return ChildSteps.ResourceLimits;
        }

        for (int i = 0; i < plan->DescriptorCount; i++)
        {
            if (plan->Descriptors[i] < 0)
                _ = Raw.Call(Raw.SYS_close, i, 0, 0, 0, 0, 0);
            else if (Raw.Call(Raw.SYS_dup3, plan->Descriptors[i], i, 0, 0, 0, 0) < 0)
                return ChildSteps.Descriptors;
        }

        // What is still needed is close-on-exec.
        int open = plan->DescriptorCount;
        for (int i = 0; i < plan->KeptCount; i++)
        {
            if (open < plan->Kept[i] && Raw.Call(Raw.SYS_close_range, open, plan->Kept[i] - 1, 0, 0, 0, 0) < 0)
                return ChildSteps.CloseRange;
            open = plan->Kept[i] + 1;
        }

        if (Raw.Call(Raw.SYS_close_range, open, int.MaxValue, 0, 0, 0, 0) < 0)
            return ChildSteps.CloseRange;

        // Whoever moves into one gets every capability there, also in the bounding set.
        if (plan->UserNamespace >= 0 && Raw.Call(Raw.SYS_setns, plan->UserNamespace, CLONE_NEWUSER, 0, 0, 0, 0) < 0)
            return ChildSteps.UserNamespace;

        for (int i = 0; i <= plan->LastCapability; i++)
        {
            if ((plan->BoundingSet & (1UL << i)) == 0 && Raw.Call(Raw.SYS_prctl, PR_CAPBSET_DROP, i, 0, 0, 0, 0) < 0)
                return ChildSteps.BoundingSet;
        }

        // Late, so that a low priority draws out as little of the start as it can; before the switch, so that nobody of the account can stop it.
        if (plan->SetScheduling)
        {
            // A mask that was set stays in force when the cpuset grows; where the cpuset alone already gives these CPUs, none is set.
            bool differ = Raw.Call(Raw.SYS_sched_getaffinity, 0, plan->CpusLength, (nint)plan->CpusInForce, 0, 0, 0) != plan->CpusLength;
            for (int i = 0; i < plan->CpusLength; i++)
                differ |= plan->Cpus[i] != plan->CpusInForce[i];
            if (differ && Raw.Call(Raw.SYS_sched_setaffinity, 0, plan->CpusLength, (nint)plan->Cpus, 0, 0, 0) < 0)
                return ChildSteps.CpuAffinity;

            int priority = 0; // struct sched_param
            if (Raw.Call(Raw.SYS_sched_setscheduler, 0, plan->SchedulingPolicy, (nint)(&priority), 0, 0, 0) < 0)
                return ChildSteps.SchedulingPolicy;
            if (Raw.Call(Raw.SYS_setpriority, PRIO_PROCESS, 0, plan->Nice, 0, 0, 0) < 0)
                return ChildSteps.Nice;
            if (Raw.Call(Raw.SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, plan->IoPriority, 0, 0, 0) < 0)
                return ChildSteps.IoPriority;
        }

        if (plan->SwitchAccount)
        {
            if (Raw.Call(Raw.SYS_setgroups, plan->GroupCount, (nint)plan->Groups, 0, 0, 0, 0) < 0)
                return ChildSteps.Groups;
            if (Raw.Call(Raw.SYS_setresgid, (nint)plan->Gid, (nint)plan->Gid, (nint)plan->Gid, 0, 0, 0) < 0)
                return ChildSteps.GroupId;
            if (Raw.Call(Raw.SYS_setresuid, (nint)plan->Uid, (nint)plan->Uid, (nint)plan->Uid, 0, 0, 0) < 0)
                return ChildSteps.UserId;
            // Nobody of the account looks into what is its parent's memory until exec, also where fs.suid_dumpable allows it (proc(5)).
            _ = Raw.Call(Raw.SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0, 0);
        }

        // setresuid clears the parent-death signal; a parent that died before it was set is told by the parent's number, and where that is 0, since it is in another
        // pid namespace, by the pipe that nobody reads any more.
        if (plan->ParentDeathSignal != 0
            && (Raw.Call(Raw.SYS_prctl, PR_SET_PDEATHSIG, plan->ParentDeathSignal, 0, 0, 0, 0) < 0
                || Raw.Call(Raw.SYS_getppid, 0, 0, 0, 0, 0, 0) != plan->Parent || (plan->Parent == 0 && !IsRead(plan->ErrorPipe))))
            return ChildSteps.ParentDeath;

        // CLONE_CLEAR_SIGHAND keeps what is ignored (.NET ignores SIGPIPE), and the mask.
        ulong* action = stackalloc ulong[4];
        action[0] = action[1] = action[2] = action[3] = 0;
        for (int signal = 1; signal <= LastSignal; signal++)
        {
            if (signal is not (SIGKILL or SIGSTOP) && Raw.Call(Raw.SYS_rt_sigaction, signal, (nint)action, 0, 8, 0, 0) < 0)
                return ChildSteps.Signals;
        }

        ulong mask = plan->SignalMask;
        if (Raw.Call(Raw.SYS_rt_sigprocmask, SIG_SETMASK, (nint)(&mask), 0, 8, 0, 0) < 0)
            return ChildSteps.Signals;

        // A directory reached through a leaked descriptor shows as "(unreachable)…" (CVE-2024-21626).
        if (plan->Directory != null
            && (Raw.Call(Raw.SYS_chdir, (nint)plan->Directory, 0, 0, 0, 0, 0) < 0
                || Raw.Call(Raw.SYS_getcwd, (nint)plan->DirectoryBuffer, 4096, 0, 0, 0, 0) < 0
                || plan->DirectoryBuffer[0] != (byte)'/'))
            return ChildSteps.Directory;

        if ((plan->Filter != null || plan->Ruleset >= 0) && Raw.Call(Raw.SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) < 0)
            return ChildSteps.NoNewPrivileges;
        if (plan->Ruleset >= 0 && Raw.Call(Raw.SYS_landlock_restrict_self, plan->Ruleset, 0, 0, 0, 0, 0) < 0)
            return ChildSteps.Landlock;
        if (plan->Filter != null && Raw.Call(Raw.SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (nint)plan->Filter, 0, 0, 0) < 0)
            return ChildSteps.Seccomp;

        // Who never gets leave ends without a word: nothing has failed.
        if (plan->Leave >= 0 && !HasLeave(plan->Leave))
            _ = Raw.Call(Raw.SYS_exit_group, 127, 0, 0, 0, 0, 0);

        if (plan->ProgramFile >= 0)
            _ = Raw.Call(Raw.SYS_execveat, plan->ProgramFile, (nint)plan->Program, (nint)plan->Arguments, (nint)plan->Environment, AT_EMPTY_PATH, 0);
        else
            _ = Raw.Call(Raw.SYS_execve, (nint)plan->Program, (nint)plan->Arguments, (nint)plan->Environment, 0, 0, 0);
        return ChildSteps.Exec;
    }

    private static bool IsRead(int pipe)
    {
        PollEntry entry = new() { Number = pipe };
        return Raw.Call(Raw.SYS_poll, (nint)(&entry), 1, 0, 0, 0, 0) == 0; // POLLERR needs not be asked for
    }

    /// <summary>Waits for one byte; false where the pipe ended instead.</summary>
    internal static bool HasLeave(int leave)
    {
        byte word = 0;
        nint got;
        do
            got = Raw.Call(Raw.SYS_read, leave, (nint)(&word), 1, 0, 0, 0);
        while (got < 0 && *Raw.ErrnoLocation() == Errno.EINTR);
        return got == 1;
    }

    // A new network namespace has nothing but a loopback device, which is down (netdevice(7)).
    private static bool TryRaiseLoopback()
    {
        nint socket = Raw.Call(Raw.SYS_socket, AF_INET, SOCK_DGRAM_CLOEXEC, 0, 0, 0, 0);
        byte* request = stackalloc byte[40]; // struct ifreq
        for (int i = 0; i < 40; i++)
            request[i] = 0;
        (request[0], request[1], request[16]) = ((byte)'l', (byte)'o', IFF_UP);
        bool raised = socket >= 0 && Raw.Call(Raw.SYS_ioctl, socket, SIOCSIFFLAGS, (nint)request, 0, 0, 0) == 0;
        _ = Raw.Call(Raw.SYS_close, socket, 0, 0, 0, 0, 0);
        return raised;
    }
}
