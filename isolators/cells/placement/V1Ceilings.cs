using Isolation.Core;

namespace Isolation.Cells;

/// <summary>What bounds the pilot in a v1 hierarchy beside its job's limits, and would not bound a payload at another place there.</summary>
internal static class V1Ceilings
{
    private static readonly string[] Rates =
        ["blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device", "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device"];

    internal static Ceilings Left(IReadOnlyList<string> controllers, CgroupPlace place, CgroupPlace pilot)
    {
        if (pilot.Holds(place))
            return Ceilings.None;
        Ceilings lost = Ceilings.None;
        foreach (string controller in controllers)
        {
            lost |= controller switch
            {
                "cpuset" => Unless(Same(place, pilot, "cpuset.effective_cpus"), Ceilings.Cpus) | Unless(Same(place, pilot, "cpuset.effective_mems"), Ceilings.MemoryNodes),
                "devices" => Unless(Same(place, pilot, "devices.list"), Ceilings.Devices),
                "blkio" => Unless(!pilot.Upwards().TakeWhile(at => !at.Holds(place)).Any(HasRates), Ceilings.IoLimits),
                _ => Ceilings.None,
            };
        }

        return lost;
    }

    private static Ceilings Unless(bool held, Ceilings ceiling) => held ? Ceilings.None : ceiling;

    private static bool Same(CgroupPlace place, CgroupPlace pilot, string file) => Text(place, file) == pilot.Text(file);

    // One that is not made yet will have what is above it.
    private static string? Text(CgroupPlace place, string file) => place.Upwards().Select(at => at.Text(file)).FirstOrDefault(text => text is not null);

    private static bool HasRates(CgroupPlace at) => Rates.Any(file => at.Text(file) is { } text && text.AsSpan().Trim().Length > 0);
}
