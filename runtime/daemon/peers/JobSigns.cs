using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>By what batch jobs are recognised on this host.</summary>
/// <param name="Layout">Where the cgroup hierarchies are mounted.</param>
/// <param name="Tracking">Which groups mean a job.</param>
internal sealed record JobSigns(CgroupLayout Layout, TrackingGroups Tracking)
{
    /// <summary>Those of this host, as it is now.</summary>
    public static JobSigns Read(TrackingGroups tracking) => new(CgroupLayout.Read(), tracking);
}
