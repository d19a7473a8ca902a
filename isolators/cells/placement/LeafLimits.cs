using System.Globalization;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>Sets the limits of a leaf, and reads each back: what the kernel answers counts, not that it took the write.</summary>
public static class LeafLimits
{
    private const long Period = 100_000; // microseconds, the kernel's default
    private const long MostBfqWeight = 1_000;
    private const long LeastQuota = 1_000; // kernel/sched/core.c: a shorter one is refused

    /// <summary>Sets what is asked.</summary>
    /// <returns>The kinds that could not be set, and what was tried for each.</returns>
    public static (LimitKinds NotEnforced, string Why) Apply(Leaf leaf, Limits limits)
    {
        LimitKinds missing = LimitKinds.None;
        List<string> why = [];
        Set(LimitKinds.Memory, limits.MemoryBytes, bytes => Memory(leaf, bytes));
        Set(LimitKinds.Swap, limits.SwapBytes, bytes => Swap(leaf, bytes, limits.MemoryBytes));
        Set(LimitKinds.Processes, limits.Processes, count => At(leaf, "pids", at => Write(at, "pids.max", count, read => read <= count)));
        Set(LimitKinds.CpuWeight, limits.CpuWeight, weight => CpuWeight(leaf, weight));
        Set(LimitKinds.Cpus, limits.MilliCpus, milli => Cpus(leaf, milli));
        Set(LimitKinds.IoWeight, limits.IoWeight, weight => IoWeight(leaf, weight));
        return (missing, string.Join("; ", why));

        void Set(LimitKinds kind, long? asked, Func<long, string?> set)
        {
            if (asked is not long value || set(value) is not string failure)
                return;
            missing |= kind;
            why.Add($"{string.Join(' ', kind.Names())}: {failure}");
        }
    }

    /// <summary>Bounds the leaf's CPUs and memory nodes.</summary>
    /// <returns>Null, or what was tried.</returns>
    public static string? Apply(Leaf leaf, CpuSet set)
        => Write(leaf.Unified, "cpuset.cpus", set.Cpus, read => CpuList.Covers(set.Cpus, read))
        ?? Write(leaf.Unified, "cpuset.mems", set.MemoryNodes, read => CpuList.Covers(set.MemoryNodes, read));

    private static string? Memory(Leaf leaf, long bytes)
        => At(leaf, "memory", at => Write(at, leaf.IsV1("memory") ? "memory.limit_in_bytes" : "memory.max", bytes, read => read <= bytes));

    // v1 limits memory and swap together.
    private static string? Swap(Leaf leaf, long bytes, long? memory) => At(leaf, "memory", at =>
    {
        string file = leaf.IsV1("memory") ? "memory.memsw.limit_in_bytes" : "memory.swap.max";
        if (!at.Has(file))
            return HostHasSwap() ? $"this kernel has no {file}" : null;
        if (!leaf.IsV1("memory"))
            return Write(at, file, bytes, read => read <= bytes);
        return memory is long ram ? Write(at, file, ram + bytes, read => read <= ram + bytes) : "cgroup v1 limits swap only together with memory";
    });

    private static string? CpuWeight(Leaf leaf, long weight) => At(leaf, "cpu", at =>
    {
        long shares = Math.Clamp(weight * 1024 / 100, 2, 262_144); // 1024 shares are the weight 100
        return leaf.IsV1("cpu") ? Write(at, "cpu.shares", shares, read => read == shares) : Write(at, "cpu.weight", weight, read => read == weight);
    });

    private static string? Cpus(Leaf leaf, long milli) => At(leaf, "cpu", at =>
    {
        // Less than the kernel's shortest quota: the same share of a longer period.
        long period = milli * Period / 1000 >= LeastQuota ? Period : Math.Min(1_000_000, LeastQuota * 1000 / milli);
        long quota = milli * period / 1000;
        if (leaf.IsV1("cpu"))
            return Write(at, "cpu.cfs_period_us", period, read => read == period) ?? Write(at, "cpu.cfs_quota_us", quota, read => read == quota);
        string text = string.Create(CultureInfo.InvariantCulture, $"{quota} {period}");
        return Write(at, "cpu.max", text, read => read == text);
    });

    // BFQ's weights have the same middle, 100, and end at 1000.
    private static string? IoWeight(Leaf leaf, long weight)
    {
        bool isV1 = leaf.IsV1("blkio");
        return At(leaf, isV1 ? "blkio" : "io", at =>
        {
            if (!isV1 && at.Has("io.weight"))
                return Write(at, "io.weight", string.Create(CultureInfo.InvariantCulture, $"default {weight}"), read => read.Split('\n')[0] == string.Create(CultureInfo.InvariantCulture, $"default {weight}"));
            if (weight > MostBfqWeight)
                return $"the weights of BFQ, this kernel's only ones here, end at {MostBfqWeight}";
            return Write(at, isV1 ? "blkio.bfq.weight" : "io.bfq.weight", weight, read => read == weight);
        });
    }

    private static string? At(Leaf leaf, string controller, Func<LeafDirectory, string?> set)
        => leaf.DirectoryOf(controller) is LeafDirectory directory ? set(directory) : $"the place has no controller {controller}";

    private static string? Write(LeafDirectory directory, string file, long value, Func<long, bool> isHeld)
        => Write(directory, file, value.ToString(CultureInfo.InvariantCulture),
            read => long.TryParse(read.Split(' ')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out long now) && isHeld(now));

    private static string? Write(LeafDirectory directory, string file, string text, Func<string, bool> isHeld)
    {
        int errno = directory.TryWrite(file, text);
        if (errno != 0)
            return $"{directory.Path}/{file}: {ErrnoText.Of(errno)}";
        string read = directory.Text(file)?.Trim() ?? "";
        return isHeld(read) ? null : $"{directory.Path}/{file} took {text} and shows {read}";
    }

    private static bool HostHasSwap() => File.ReadLines("/proc/swaps").Skip(1).Any();
}
