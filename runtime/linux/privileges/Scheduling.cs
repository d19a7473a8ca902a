using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>When and where the kernel runs a thread, as far as its pilot's is a ceiling for a payload.</summary>
/// <param name="Cpus">The CPUs it may run on, bit by bit, as sched_setaffinity(2) takes them.</param>
/// <param name="Policy">SCHED_OTHER, SCHED_BATCH or SCHED_IDLE (sched(7)); any other of a process that is only looked at.</param>
/// <param name="Nice">-20 to 19.</param>
/// <param name="IoPriority">Class and level (ioprio_set(2)).</param>
public sealed record Scheduling(ImmutableArray<byte> Cpus, int Policy, int Nice, int IoPriority)
{
    private const int SCHED_OTHER = 0;
    private const int SCHED_BATCH = 3;
    private const int SCHED_IDLE = 5;
    private const int SCHED_RESET_ON_FORK = 0x40000000;
    private const int IOPRIO_CLASS_SHIFT = 13;
    private const int IOPRIO_CLASS_BE = 2;
    private const int IOPRIO_CLASS_IDLE = 3;
    private const int LevelMask = 7;

    /// <summary>That of a process's main thread, or of the calling thread (pid 0). Whoever names a pid makes sure that it still is that process afterwards.</summary>
    /// <exception cref="SyscallException">There is no such process.</exception>
    public static Scheduling Of(int pid)
        => new([.. Sys.CpuAffinityOf(pid)], Sys.SchedulingPolicyOf(pid) & ~SCHED_RESET_ON_FORK, Sys.NiceOf(pid), Sys.IoPriorityOf(pid));

    /// <summary>
    /// What a child of a thread scheduled like <paramref name="own"/> takes over of a pilot that is scheduled like this, without a capability:
    /// never a real-time policy or io class, and never a higher priority than the thread's own, which is less than the pilot's then.
    /// </summary>
    public Scheduling Within(Scheduling own)
    {
        int policy = own.Policy == SCHED_IDLE ? SCHED_IDLE : Policy is SCHED_BATCH or SCHED_IDLE ? Policy : SCHED_OTHER;
        int ioClass = IoPriority >> IOPRIO_CLASS_SHIFT;
        // Class none has no level, and follows the nice value; hints in the bits above the level are no ceiling.
        int io = ioClass is IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE ? (ioClass << IOPRIO_CLASS_SHIFT) | (IoPriority & LevelMask) : 0;
        return new Scheduling(Cpus, policy, Math.Max(Nice, own.Nice), io);
    }
}
