namespace Isolation.Wire;

/// <summary>When and where the kernel runs the client: what its payload takes over as far as it may.</summary>
/// <param name="Cpus">The CPUs it may run on, bit by bit (sched_setaffinity(2)).</param>
/// <param name="Policy">Its scheduling policy (sched(7)).</param>
/// <param name="Nice">Its nice value, -20 to 19.</param>
/// <param name="IoPriority">Its io priority, class and level (ioprio_set(2)).</param>
public sealed record PilotSchedule(byte[] Cpus, int Policy, int Nice, int IoPriority)
{
    /// <summary>The longest mask of CPUs, bytes.</summary>
    public const int MaxCpus = 8192;

    internal MessageWriter Write(MessageWriter to) => to.Bytes(Cpus).I32(Policy).I32(Nice).I32(IoPriority);

    internal static PilotSchedule Read(ref MessageReader from) => new(from.Bytes(MaxCpus), from.I32(), from.I32(), from.I32());
}
