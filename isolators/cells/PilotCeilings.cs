using System.Globalization;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>What a payload inherits of its pilot, as the kernel shows it of the client: limits, CPUs and priorities as ceilings, and the umask.</summary>
/// <param name="Limits">In the kernel's order of resources.</param>
/// <param name="OomScoreAdjustment">-1000 to 1000.</param>
/// <param name="FileModeMask">Its umask.</param>
/// <param name="Schedule">Its main thread's CPUs and priorities.</param>
public sealed record PilotCeilings(ResourceLimit[] Limits, int OomScoreAdjustment, uint FileModeMask, PilotSchedule Schedule)
{
    private const int RLIMIT_NOFILE = 7;

    // The lines of /proc/PID/limits, in the order of the resources' numbers (getrlimit(2), asm-generic/resource.h).
    private static readonly string[] Names =
    [
        "Max cpu time", "Max file size", "Max data size", "Max stack size", "Max core file size", "Max resident set", "Max processes", "Max open files",
        "Max locked memory", "Max address space", "Max file locks", "Max pending signals", "Max msgqueue size", "Max nice priority", "Max realtime priority", "Max realtime timeout",
    ];

    /// <summary>Reads them of a process that is held by its pidfd.</summary>
    /// <exception cref="SyscallException">The process is over: nothing read of its number can be believed.</exception>
    public static PilotCeilings Of(PidFd client)
    {
        int pid = client.Pid;
        try
        {
            string limits = KernelFile.Text($"/proc/{pid}/limits");
            string oom = KernelFile.Text($"/proc/{pid}/oom_score_adj");
            string mask = ProcessStatus.Field(KernelFile.Text($"/proc/{pid}/status"), "Umask");
            Scheduling seen = Scheduling.Of(pid);
            if (!client.IsOver)
                return new PilotCeilings(ParseLimits(limits), int.Parse(oom, CultureInfo.InvariantCulture), Convert.ToUInt32(mask, 8),
                    new PilotSchedule([.. seen.Cpus], seen.Policy, seen.Nice, seen.IoPriority));
        }
        catch (Exception e) when (e is IOException or FormatException or OverflowException)
        {
            // A process that is over has no such files, or empty ones; that is told below.
            if (!client.IsOver)
                throw new IOException($"the limits of pid {pid} cannot be read: {e.Message}", e);
        }

        throw new SyscallException("read", $"/proc/{pid}/limits", Errno.ESRCH, "The client is gone.");
    }

    /// <summary>The limits of a payload that has limits of its own besides: the lower of both.</summary>
    public ResourceLimit[] LimitsWithin(Limits own)
    {
        if (own.OpenFiles is not long files)
            return Limits;
        ResourceLimit[] lowered = [.. Limits];
        lowered[RLIMIT_NOFILE] = new ResourceLimit(Lower(lowered[RLIMIT_NOFILE].Soft, files), Lower(lowered[RLIMIT_NOFILE].Hard, files));
        return lowered;

        // Infinity is -1, which is more than any number.
        static long Lower(long pilots, long own) => unchecked((ulong)pilots) < (ulong)own ? pilots : own;
    }

    /// <summary>Parses /proc/PID/limits (proc(5)).</summary>
    /// <exception cref="FormatException">A resource is missing, or has no two values: a ceiling that is not known cannot be held.</exception>
    public static ResourceLimit[] ParseLimits(string text)
    {
        string[] lines = text.Split('\n');
        return [.. Names.Select(name => Parse(name, lines.FirstOrDefault(line => line.StartsWith(name + ' ', StringComparison.Ordinal))))];
    }

    private static ResourceLimit Parse(string name, string? line)
    {
        string[] fields = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return fields.Length >= 2
            ? new ResourceLimit(Value(fields[0]), Value(fields[1]))
            : throw new FormatException($"\"{name}\" is not among the limits, or has no soft and hard value");
    }

    private static long Value(string field) => field == "unlimited" ? -1 : unchecked((long)ulong.Parse(field, CultureInfo.InvariantCulture));
}
