using System.Globalization;

namespace Isolation.Cells;

/// <summary>
/// The limits that hold at a place: the tightest of each kind from it up to the root. A place holds a job's limits when they are no
/// looser there than where the pilot is.
/// </summary>
internal static class JobLimits
{
    private static readonly string[] Unified = ["memory.max", "memory.high", "memory.swap.max", "pids.max"];

    /// <summary>Limits of v1 by the controller of their hierarchy.</summary>
    private static readonly (string Controller, string File)[] V1 =
    [
        ("memory", "memory.limit_in_bytes"),
        ("memory", "memory.memsw.limit_in_bytes"),
        ("pids", "pids.max"),
    ];

    /// <summary>True when what bounds the pilot in the v2 hierarchy bounds the place as well.</summary>
    public static bool AreHeldAt(CgroupPlace place, CgroupPlace pilot)
        => Unified.All(file => Tightest(place, file) <= Tightest(pilot, file)) && CpuQuota(place) <= CpuQuota(pilot);

    /// <summary>True when what bounds the pilot in the v1 hierarchy of a controller bounds the place as well.</summary>
    public static bool AreHeldAt(CgroupPlace place, CgroupPlace pilot, string controller)
        => V1.Where(row => row.Controller == controller).All(row => Tightest(place, row.File) <= Tightest(pilot, row.File))
        && (controller != "cpu" || V1CpuQuota(place) <= V1CpuQuota(pilot));

    private static decimal Tightest(CgroupPlace place, string file)
        => place.Upwards().Min(at => decimal.TryParse(at.Text(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out decimal value) ? value : decimal.MaxValue);

    // cpu.max: "QUOTA PERIOD", or "max PERIOD"
    private static decimal CpuQuota(CgroupPlace place) => place.Upwards().Min(at => at.Words("cpu.max") is [string quota, string period] ? Share(quota, period) : decimal.MaxValue);

    private static decimal V1CpuQuota(CgroupPlace place)
        => place.Upwards().Min(at => Share(at.Text("cpu.cfs_quota_us")?.Trim() ?? "", at.Text("cpu.cfs_period_us")?.Trim() ?? ""));

    private static decimal Share(string quota, string period)
        => decimal.TryParse(quota, NumberStyles.None, CultureInfo.InvariantCulture, out decimal of)
        && decimal.TryParse(period, NumberStyles.None, CultureInfo.InvariantCulture, out decimal per) && per > 0 ? of / per : decimal.MaxValue;
}
