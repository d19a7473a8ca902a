using Isolation.Core;

namespace Isolation.Cli;

/// <summary>
/// A summary of what a payload has used, in the form of prmon's JSON summary (github.com/HSF/prmon): <c>Max</c> and <c>Avg</c>, in prmon's names and
/// units. What is not measured is left out; docs/cli.md says which of our figures each is. Every figure stands under <c>isolation</c>, too.
/// </summary>
internal static class UsageSummary
{
    private const long MicrosecondsInSecond = 1_000_000;
    private const long BytesInKilobyte = 1024; // prmon's kB is the kernel's

    /// <summary>The text.</summary>
    /// <param name="figure">The value of a figure, or null when there is none.</param>
    public static ReadOnlyMemory<byte> Write(Func<UsageFigure, long?> figure)
    {
        JsonText json = new(2048);
        bool first = true;
        json.Raw("{\"Avg\":{"u8);
        long wall = figure(UsageFigure.Wall) ?? 0;
        Put("pss", figure(UsageFigure.MemoryMappedSampledAverage) / BytesInKilobyte);
        Put("read_bytes", Rate(figure(UsageFigure.IoRead), wall));
        Put("write_bytes", Rate(figure(UsageFigure.IoWritten), wall));
        Put("cgroup_io_read", Rate(figure(UsageFigure.IoRead), wall));
        Put("cgroup_io_write", Rate(figure(UsageFigure.IoWritten), wall));

        json.Raw("},\"Max\":{"u8);
        first = true;
        (long? user, long? system) = (figure(UsageFigure.CpuUser), figure(UsageFigure.CpuSystem));
        Put("wtime", wall / MicrosecondsInSecond);
        Put("utime", user / MicrosecondsInSecond);
        Put("stime", system / MicrosecondsInSecond);
        Put("pss", figure(UsageFigure.MemoryMappedSampled) / BytesInKilobyte);
        Put("swap", (figure(UsageFigure.MemorySwapPeak) ?? figure(UsageFigure.MemorySwapSampled)) / BytesInKilobyte);
        Put("nthreads", figure(UsageFigure.ProcessesPeak));
        Put("read_bytes", figure(UsageFigure.IoRead));
        Put("write_bytes", figure(UsageFigure.IoWritten));
        Put("cgroup_cpu_user", user);
        Put("cgroup_cpu_system", system);
        Put("cgroup_cpu_total", user + system);
        Put("cgroup_cpu_throttled", figure(UsageFigure.CpuThrottled));
        Put("cgroup_mem_current", figure(UsageFigure.MemoryPeak) / BytesInKilobyte);
        Put("cgroup_mem_anon", figure(UsageFigure.MemoryAnonSampled) / BytesInKilobyte);
        Put("cgroup_mem_file", figure(UsageFigure.MemoryFileSampled) / BytesInKilobyte);
        Put("cgroup_io_read", figure(UsageFigure.IoRead));
        Put("cgroup_io_write", figure(UsageFigure.IoWritten));
        Put("cgroup_nthreads", figure(UsageFigure.ProcessesPeak));

        json.Raw("},\"isolation\":{"u8);
        first = true;
        foreach (UsageFigureName row in UsageFigures.All)
            Put(row.Name, figure(row.Figure));
        return json.Raw("}}\n"u8).Written;

        void Put(string name, long? value)
        {
            if (value is not long number)
                return;
            json.Raw(first ? ""u8 : ","u8).Text(name).Raw(":"u8).Number(number);
            first = false;
        }
    }

    private static long? Rate(long? total, long microseconds) => microseconds <= 0 || total is null ? null : (long)(total.Value * (double)MicrosecondsInSecond / microseconds);
}
