namespace Isolation.Core;

/// <summary>The bounds of each limit: the same for a request, a policy file and the warden. What is beyond is a slip.</summary>
public static class LimitBounds
{
    /// <summary>The longest wall-clock time.</summary>
    public static readonly TimeSpan LongestWall = TimeSpan.FromDays(366);

    /// <summary>The most memory, swap or scratch: 1 EiB.</summary>
    public const long MostBytes = 1L << 60;

    /// <summary>The least memory that is taken from a request or a policy: below it no program starts.</summary>
    public const long LeastMemory = 1L << 20;

    /// <summary>The most processes: PID_MAX_LIMIT of 64-bit kernels.</summary>
    public const long MostProcesses = 4_194_304;

    /// <summary>The most CPU time per time, thousandths of a CPU: CONFIG_NR_CPUS of 64-bit kernels.</summary>
    public const long MostMilliCpus = 1000L * 8192;

    /// <summary>The largest weight of CPU time, input and output; the least is 1 (cgroup v2's cpu.weight and io.weight).</summary>
    public const long MostWeight = 10_000;

    /// <summary>The most files in a scratch: what an ext4 or xfs file system can hold at most in inodes of 32 bits.</summary>
    public const long MostScratchFiles = 1L << 32;

    /// <summary>The most open files: fs.nr_open takes no larger value.</summary>
    public const long MostFiles = 1L << 30;
}
