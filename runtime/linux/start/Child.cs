using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>Starts children by one raw clone3 each. Only for NativeAOT programs: the child runs code of this method's image.</summary>
public static unsafe class Child
{
    private static int s_stuck;
    private const ulong CLONE_FILES = 0x400;
    private const ulong CLONE_PIDFD = 0x1000;
    private const ulong CLONE_CLEAR_SIGHAND = 0x100000000;
    private const ulong CLONE_INTO_CGROUP = 0x200000000;
    private const int SIGCHLD = 17;
    private const int SIGKILL = 9;
    private static readonly TimeSpan FirstPatience = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Starts a child and waits until it has executed its program or failed. The calling thread must live as long as its
    /// process: the parent-death signal follows the thread.
    /// </summary>
    /// <param name="plan">What the child becomes.</param>
    /// <param name="deadline">How long the steps may take: a process of the same account can stop the child half-way.</param>
    public static ChildResult Start(ChildPlan plan, TimeSpan deadline)
    {
        (PidFd? process, int pid, ChildResult.Failed? failed, Descriptor report) = Bear(plan, leave: null, deadline);
        using (report)
            return failed ?? Outcome(report, process!, pid, deadline);
    }

    /// <summary>Starts a child that does everything but execute its program, for which it waits to be let go. As with <see cref="Start"/>, on a thread that lives on.</summary>
    /// <param name="plan">What the child becomes. Nothing of it is borrowed afterwards.</param>
    /// <param name="deadline">How long it may take until it can be waited for.</param>
    /// <param name="failed">Why there is none.</param>
    public static PreparedChild? Prepare(ChildPlan plan, TimeSpan deadline, out ChildResult.Failed? failed)
    {
        (Descriptor Wait, Descriptor Leave) pipe = Sys.Pipe();
        PreparedChild? prepared = null;
        try
        {
            (PidFd? process, int pid, failed, Descriptor report) = Bear(plan, pipe.Wait, deadline);
            if (failed is null)
                return prepared = new PreparedChild(process!, pid, pipe, report);
            report.Dispose();
            return null;
        }
        finally
        {
            if (prepared is null)
            {
                pipe.Wait.Dispose();
                pipe.Leave.Dispose();
            }
        }
    }

    // A child that is at its steps, or why there is none; where it reports is the caller's to close.
    private static (PidFd? Process, int Pid, ChildResult.Failed? Failed, Descriptor Report) Bear(ChildPlan plan, Descriptor? leave, TimeSpan deadline)
    {
        (Descriptor read, Descriptor write) = Sys.Pipe();
        // The kernel reads id -1 as "leave it as it is", which here is root.
        uint root = plan.UserNamespace is null ? 0 : uint.MaxValue; // in another one it is nobody but that one's
        if (plan.Account is ChildAccount account && (account.Uid == root || account.Uid == uint.MaxValue || account.Gid == root || account.Gid == uint.MaxValue))
        {
            write.Dispose();
            return (null, 0, new ChildResult.Failed(ChildSteps.UserId, Errno.EINVAL), read);
        }

        using NativeBlock block = new();
        List<Descriptor> held = [];
        try
        {
            using LowNumbers.Loan? low = LowNumbers.TryTake(RawPlanner.NeededBy(plan, leave));
            RawPlan raw = RawPlanner.Prepare(plan, write, leave, block, low, held);
            TimeSpan patience = low is null ? deadline : FirstPatience;
            while (true)
            {
                (int pid, PidFd? process, int errno) = Clone(&raw, plan);
                if (process is null)
                    return (null, 0, new ChildResult.Failed(ChildSteps.Clone, errno), read);
                if (low is null || HasItsOwnTable(read, process, patience))
                    return (process, pid, null, read);
                // Born while the garbage collector stops this process's threads, it has a copy of that order and nobody who lifts it: it waits
                // for ever, and has done nothing. Another one is not so unlucky; a slow one is given more time the next time.
                if (patience >= deadline || !IsOver(process))
                    return (null, 0, Failed(process, ChildSteps.CloseRange, 0), read);
                process.Dispose();
                Drain(read);
                patience = patience * 5 < deadline ? patience * 5 : deadline;
            }
        }
        catch
        {
            read.Dispose();
            throw;
        }
        finally
        {
            // The child's copy is the only one left: end of file means that exec has closed it.
            write.Dispose();
            foreach (Descriptor copy in held)
                copy.Dispose();
        }
    }

    private static (int Pid, PidFd? Process, int Errno) Clone(RawPlan* raw, ChildPlan plan)
    {
        if (plan is { PidNamespace: not null, Nursery: null })
            throw new ArgumentException("a child is born in another pid namespace by the nursery's thread", nameof(plan));
        int pidfd = -1;
        CloneArguments arguments = new()
        {
            Flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | (raw->SharedBelow > 0 ? CLONE_FILES : 0) | (plan.Cgroup is null ? 0 : CLONE_INTO_CGROUP) | (ulong)plan.Namespaces,
            PidFd = (ulong)(nint)(&pidfd),
            ExitSignal = SIGCHLD,
            Cgroup = plan.Cgroup is null ? 0 : (ulong)plan.Cgroup.Number,
        };

        (int pid, int errno) = plan.Nursery is MountNamespace nursery ? NurseryThread.Instance.Clone(nursery, plan.PidNamespace, raw, &arguments) : CloneHere(raw, &arguments);
        return pid < 0 ? (0, null, errno) : (pid, new PidFd(pidfd), 0);
    }

    /// <summary>clone3 on the calling thread; the child never returns.</summary>
    internal static (int Pid, int Errno) CloneHere(RawPlan* plan, CloneArguments* arguments)
    {
        Raw.Warm();
        nint pid = Raw.Call(Raw.SYS_clone3, (nint)arguments, sizeof(CloneArguments), 0, 0, 0, 0);
        if (pid == 0)
            RawChild.Become(plan);
        return pid < 0 ? (-1, *Raw.ErrnoLocation()) : ((int)pid, 0);
    }

    /// <summary>What became of it, once its pipe is closed by exec or has its report.</summary>
    internal static ChildResult Outcome(Descriptor read, PidFd process, int pid, TimeSpan deadline)
    {
        Span<byte> report = stackalloc byte[8];
        bool answered = Sys.Poll(read, PollEvents.In, (int)deadline.TotalMilliseconds) != PollEvents.None;
        int length = answered ? Sys.Read(read, report) : 0;
        if (answered && length == 0)
            return new ChildResult.Running(process, pid);

        return length == 8 ? Failed(process, MemoryMarshal.Read<int>(report), MemoryMarshal.Read<int>(report[4..])) : Failed(process, ChildSteps.Deadline, 0);
    }

    /// <summary>Children that were killed and live on: their file systems do not answer.</summary>
    public static int Stuck => Volatile.Read(ref s_stuck);

    /// <summary>One that came to nothing at that step: killed, and reaped when it is over.</summary>
    internal static ChildResult.Failed Failed(PidFd process, int step, int errno)
    {
        _ = Abandon(process);
        return new ChildResult.Failed(step, errno);
    }

    /// <summary>Kills a child, and reaps it as soon as it is over, whenever that is.</summary>
    /// <param name="process">It; not the caller's any more.</param>
    /// <returns>False where it lives on: it is one of <see cref="Stuck"/>.</returns>
    public static bool Abandon(PidFd process)
    {
        if (IsOver(process))
        {
            process.Dispose();
            return true;
        }

        Interlocked.Increment(ref s_stuck);
        new Thread(() => Await(process), 128 << 10) { IsBackground = true, Name = "stuck child" }.Start();
        return false;
    }

    private static void Await(PidFd process)
    {
        _ = Sys.Poll(process, PollEvents.In, Timeout.Infinite);
        _ = Sys.WaitFor(process, reap: true);
        process.Dispose();
        Interlocked.Decrement(ref s_stuck);
    }

    private static bool IsOver(PidFd process)
    {
        process.Signal(SIGKILL);
        // It may not be over yet, also when it has answered; an early look would leave a zombie.
        if (Sys.Poll(process, PollEvents.In, 1000) == PollEvents.None)
            return false;
        _ = Sys.WaitFor(process, reap: true);
        return true;
    }

    // What a child that is over has said in its last moment is not the next one's word.
    private static void Drain(Descriptor read)
    {
        Span<byte> words = stackalloc byte[64];
        while (Sys.Poll(read, PollEvents.In, 0) != PollEvents.None)
            _ = Sys.Read(read, words);
    }

    // Its first word. Until then what it needs is what lies at the numbers here.
    private static bool HasItsOwnTable(Descriptor read, PidFd process, TimeSpan deadline)
    {
        Span<PollEntry> either = [new PollEntry { Number = read.Number, Wanted = PollEvents.In }, new PollEntry { Number = process.Number, Wanted = PollEvents.In }];
        Span<byte> word = stackalloc byte[1];
        return Sys.Poll(either, (int)deadline.TotalMilliseconds) > 0 && either[0].Seen.HasFlag(PollEvents.In) && Sys.Read(read, word) == 1 && word[0] == RawChild.OwnTable;
    }
}
