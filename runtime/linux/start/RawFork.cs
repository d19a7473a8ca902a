namespace Isolation.Linux;

/// <summary>A <see cref="ForkPlan"/> as plain numbers and pointers, and the straight line of the child: raw calls only, no allocation, no lock.</summary>
internal unsafe struct RawFork
{
    private const int SIG_SETMASK = 2;
    private const int SIGKILL = 9;
    private const int SIGPIPE = 13;
    private const int PR_SET_PDEATHSIG = 1;
    private const int CLOSE_RANGE_CLOEXEC = 4;
    private const int FirstOther = 3;
    internal byte** Programs;
    internal byte** Arguments;
    internal byte** Environment;
    internal byte* Directory;
    internal byte OpenStreams;
    internal int Socket;
    internal byte* Address;
    internal int AddressLength;
    internal byte* Greeting;
    internal int GreetingLength;
    internal int Leave;
    internal int LeaveWrite;
    internal int Report;
    internal int Parent;

    /// <summary>Runs in the child and never returns.</summary>
    internal static void Become(RawFork* plan)
    {
        ForkReport failed = Steps(plan);
        if (failed != ForkReport.Silent)
            Say(plan, failed, *Raw.ErrnoLocation());
        _ = Raw.Call(Raw.SYS_exit_group, 127, 0, 0, 0, 0, 0);
    }

    // Returns what failed; a success ends in exec.
    private static ForkReport Steps(RawFork* plan)
    {
        // Its own copy would keep the pipe open when the parent goes.
        _ = Raw.Call(Raw.SYS_close, plan->LeaveWrite, 0, 0, 0, 0, 0);
        if (Raw.Call(Raw.SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0) < 0 || Raw.Call(Raw.SYS_getppid, 0, 0, 0, 0, 0, 0) != plan->Parent)
            return ForkReport.Silent;
        while (Raw.Call(Raw.SYS_connect, plan->Socket, (nint)plan->Address, plan->AddressLength, 0, 0, 0) < 0)
        {
            if (*Raw.ErrnoLocation() != Errno.EINTR)
                return ForkReport.NotConnected;
        }

        for (int sent = 0; sent < plan->GreetingLength;)
        {
            nint count = Raw.Call(Raw.SYS_write, plan->Socket, (nint)(plan->Greeting + sent), plan->GreetingLength - sent, 0, 0, 0);
            if (count < 0 && *Raw.ErrnoLocation() != Errno.EINTR)
                return ForkReport.NotConnected;
            sent += count > 0 ? (int)count : 0;
        }

        Say(plan, ForkReport.Connected, 0);
        if (!RawChild.HasLeave(plan->Leave))
            return ForkReport.Silent;
        if (plan->Directory != null && Raw.Call(Raw.SYS_chdir, (nint)plan->Directory, 0, 0, 0, 0, 0) < 0)
            return ForkReport.Directory;
        for (int stream = 0; stream < FirstOther; stream++)
        {
            if ((plan->OpenStreams & (1 << stream)) == 0)
                _ = Raw.Call(Raw.SYS_close, stream, 0, 0, 0, 0, 0);
        }

        _ = Raw.Call(Raw.SYS_close_range, FirstOther, int.MaxValue, CLOSE_RANGE_CLOEXEC, 0, 0, 0);
        // .NET ignores SIGPIPE; what else is ignored was so before. The mask comes last: what was kept back until now acts now.
        ulong* action = stackalloc ulong[4];
        action[0] = action[1] = action[2] = action[3] = 0;
        _ = Raw.Call(Raw.SYS_rt_sigaction, SIGPIPE, (nint)action, 0, 8, 0, 0);
        ulong mask = 0;
        _ = Raw.Call(Raw.SYS_rt_sigprocmask, SIG_SETMASK, (nint)(&mask), 0, 8, 0, 0);
        int denied = 0;
        for (byte** program = plan->Programs; *program != null; program++)
        {
            _ = Raw.Call(Raw.SYS_execve, (nint)(*program), (nint)plan->Arguments, (nint)plan->Environment, 0, 0, 0);
            int errno = *Raw.ErrnoLocation();
            if (errno is not (Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES))
                return ForkReport.Exec;
            denied = errno == Errno.EACCES ? errno : denied;
        }

        if (denied != 0)
            *Raw.ErrnoLocation() = denied;
        return ForkReport.Exec;
    }

    private static void Say(RawFork* plan, ForkReport what, int errno)
    {
        int* report = stackalloc int[2];
        report[0] = (int)what;
        report[1] = errno;
        _ = Raw.Call(Raw.SYS_write, plan->Report, (nint)report, 8, 0, 0, 0);
    }
}
