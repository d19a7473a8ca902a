using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>Where cells live on this host: what the warden opened once, at its start.</summary>
/// <param name="Rooms">RUN/rooms, root's alone.</param>
/// <param name="Scratch">STATE/scratch, a nosuid,nodev mount.</param>
/// <param name="ScratchPath">Its path, as payloads see it.</param>
/// <param name="CellInit">The path of the program cell-init.</param>
/// <param name="Cgroups">The host's hierarchies.</param>
/// <param name="Slice">The service's slice.</param>
/// <param name="WithoutCounters">Counters to do without, as if the kernel lacked them: for tests.</param>
/// <param name="Jobs">Directories of batch jobs in which leaves were made.</param>
/// <param name="Left">What of ended cells could not be removed.</param>
/// <param name="Digests">Digests remembered.</param>
/// <param name="BootId">The kernel's name of this boot.</param>
/// <param name="Clock">The clock.</param>
public sealed record CellHost(
    Descriptor Rooms, Descriptor Scratch, string ScratchPath, string CellInit, CgroupLayout Cgroups, ServiceSlice Slice, IReadOnlySet<CounterKind> WithoutCounters, GivenUpJobs Jobs, LeftBehind Left, DigestMemory Digests, string BootId, TimeProvider Clock)
{
    /// <summary>The path of the run directory, which no private room shows.</summary>
    public string Run { get; init; } = "";

    /// <summary>The path of the state directory, which no private room shows.</summary>
    public string State { get; init; } = "";

    /// <summary>The groups by which batch systems of this site track their jobs.</summary>
    public TrackingGroups Tracking { get; init; } = TrackingGroups.None;

    /// <summary>Where clients lend directories.</summary>
    public LendingDesk Lending { get; init; } = new();

    /// <summary>The projects by which scratches are limited.</summary>
    public ScratchProjects Projects { get; } = new();

    /// <summary>Mounts can show one account's files as another's: false makes a test do without (KernelFeatures).</summary>
    public bool MapsIds { get; init; } = true;

    /// <summary>The kernel tells how a process ended that is not one's child; false also for tests of what is done without.</summary>
    public bool TellsExits { get; init; } = true;

    /// <summary>The kernel's log, where the names of those killed for want of memory stand.</summary>
    public KernelLog Log { get; init; } = KernelLog.None;

    /// <summary>Whether payloads get a Landlock domain where the kernel has its scopes.</summary>
    public bool Landlock { get; init; } = true;
}
