using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>Starts children by one raw clone3 each. Only for NativeAOT programs: the child runs code of this method's image.</summary>
public static unsafe class Child
{
    private const ulong CLONE_PIDFD = 0x1000;
    private const ulong CLONE_CLEAR_SIGHAND = 0x100000000;
    private const ulong CLONE_INTO_CGROUP = 0x200000000;
    private const int SIGCHLD = 17;
    private const int SIGKILL = 9;

    /// <summary>
    /// Starts a child and waits until it has executed its program or failed. The calling thread must live as long as its
    /// process: the parent-death signal follows the thread.
    /// </summary>
    /// <param name="plan">What the child becomes.</param>
    /// <param name="deadline">How long the steps may take: a process of the same account can stop the child half-way.</param>
    public static ChildResult Start(ChildPlan plan, TimeSpan deadline)
    {
        // The kernel reads id -1 as "leave it as it is", which here is root.
        if (plan.Account is ChildAccount account && (account.Uid is 0 or uint.MaxValue || account.Gid is 0 or uint.MaxValue))
            return new ChildResult.Failed(ChildSteps.UserId, Errno.EINVAL);

        using NativeBlock block = new();
        List<Descriptor> held = [];
        (Descriptor read, Descriptor write) = Sys.Pipe();
        try
        {
            RawPlan raw = RawPlanner.Prepare(plan, write, block, held);
            (int pid, PidFd? process, int errno) = Clone(&raw, plan.Cgroup);
            if (process is null)
                return new ChildResult.Failed(ChildSteps.Clone, errno);

            // The child's copy is the only one left: end of file means that exec has closed it.
            write.Dispose();
            foreach (Descriptor copy in held)
                copy.Dispose();
            held.Clear();
            return Outcome(read, process, pid, deadline);
        }
        finally
        {
            read.Dispose();
            write.Dispose();
            foreach (Descriptor copy in held)
                copy.Dispose();
        }
    }

    private static (int Pid, PidFd? Process, int Errno) Clone(RawPlan* plan, Descriptor? cgroup)
    {
        Raw.Warm();
        int pidfd = -1;
        CloneArguments arguments = new()
        {
            Flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | (cgroup is null ? 0 : CLONE_INTO_CGROUP),
            PidFd = (ulong)(nint)(&pidfd),
            ExitSignal = SIGCHLD,
            Cgroup = cgroup is null ? 0 : (ulong)cgroup.Number,
        };

        nint pid = Raw.Call(Raw.SYS_clone3, (nint)(&arguments), sizeof(CloneArguments), 0, 0, 0, 0);
        if (pid == 0)
            RawChild.Become(plan);
        return pid < 0 ? (0, null, *Raw.ErrnoLocation()) : ((int)pid, new PidFd(pidfd), 0);
    }

    private static ChildResult Outcome(Descriptor read, PidFd process, int pid, TimeSpan deadline)
    {
        Span<byte> report = stackalloc byte[8];
        bool answered = Sys.Poll(read, PollEvents.In, (int)deadline.TotalMilliseconds) != PollEvents.None;
        int length = answered ? Sys.Read(read, report) : 0;
        if (answered && length == 0)
            return new ChildResult.Running(process, pid);

        process.Signal(SIGKILL);
        // It may not be over yet, also when it has answered; an early look would leave a zombie.
        if (Sys.Poll(process, PollEvents.In, 1000) != PollEvents.None)
            _ = Sys.WaitFor(process, reap: true);
        process.Dispose();
        return length == 8
            ? new ChildResult.Failed(MemoryMarshal.Read<int>(report), MemoryMarshal.Read<int>(report[4..]))
            : new ChildResult.Failed(ChildSteps.Deadline, 0);
    }

    // struct clone_args, linux/sched.h
    [StructLayout(LayoutKind.Sequential)]
    private struct CloneArguments
    {
        public ulong Flags;
        public ulong PidFd;
        public ulong ChildTid;
        public ulong ParentTid;
        public ulong ExitSignal;
        public ulong Stack;
        public ulong StackSize;
        public ulong Tls;
        public ulong SetTid;
        public ulong SetTidSize;
        public ulong Cgroup;
    }
}
