using System.Collections.Immutable;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// The positions where controllers are in hierarchies of v1, each hierarchy for itself: where the payload needs limits or figures of its
/// own it gets a leaf there, elsewhere it joins the pilot's own cgroup, so that the batch system finds it where it looks. Kill, freeze and
/// proof are the v2 hierarchy's, in the service's slice.
/// </summary>
internal static class HybridPositions
{
    private const PlacementProperties Always = PlacementProperties.OwnLimits | PlacementProperties.CgroupProof;

    // What the pilot may not exceed wherever its payload is.
    private static readonly string[] CeilingControllers = ["cpuset", "devices"];

    internal static Candidate Plan(Position position, CellHost host, PilotCgroups pilot, Limits limits, string leafName)
    {
        string unified = host.Cgroups.RequireUnified();
        List<V1Place> places = [];
        List<JobDirectory> jobs = [];
        PlacementProperties holds = Always | PlacementProperties.JobLimits | PlacementProperties.JobAccounting;
        Ceilings lost = Ceilings.None;
        string? why = null;
        foreach (HierarchyPath hierarchy in pilot.Cgroups.Hierarchies.Where(h => !h.IsUnified))
        {
            if (hierarchy.Controllers.FirstOrDefault(host.Cgroups.V1.ContainsKey) is not string controller)
                continue; // a named hierarchy carries no controller
            string mount = host.Cgroups.V1[controller];
            var own = CgroupPlace.Of(mount, hierarchy.Path);
            bool needsLeaf = hierarchy.Controllers.Any(c => NeedsLeaf(c, limits));
            CgroupPlace? found = position == Position.Own ? null : Inside(position, own, pilot.Job!.OfController(controller), needsLeaf, ref why);
            CgroupPlace place = found ?? (needsLeaf ? host.Slice.At(mount) : CeilingControllers.Any(hierarchy.Controllers.Contains) ? NearestOfRoot(own) : new CgroupPlace(mount, ""));
            if (needsLeaf || place.Path.Length > 0)
                places.Add(new V1Place(controller, mount, place.Path, needsLeaf ? V1Membership.Leaf : V1Membership.Joined));
            if (needsLeaf && found is not null && Guarded(host, pilot, place, controller) is JobDirectory guarded)
                jobs.Add(guarded);
            if (pilot.Job?.OfController(controller) is not null)
                holds &= ~Missing(hierarchy, place, own, found is not null, pilot.Job.Job.System);
            lost |= V1Ceilings.Left(hierarchy.Controllers, place, own);
        }

        if (position != Position.Own && why is not null && !places.Exists(p => p.Membership == V1Membership.Leaf && !host.Slice.Is(p.Mount, p.Cgroup)))
            return Candidate.Not(position, why);
        if (position == Position.Own && pilot.Job is not null)
            holds &= Always;
        CgroupPlace slice = host.Slice.At(unified);
        if (!DeviceFilters.AreHeldAt(slice, CgroupPlace.Of(unified, pilot.Cgroups.Unified)))
            lost |= Ceilings.Devices;
        return new Candidate(position, new LeafPlan(leafName, unified, slice.Path, [.. places], [.. jobs]), holds, lost, null, "");
    }

    // Null where the pilot's job is not in this hierarchy, or has no place for it.
    private static CgroupPlace? Inside(Position position, CgroupPlace own, JobCgroup? job, bool needsLeaf, ref string? why)
    {
        if (job is null)
            return null;
        var top = new CgroupPlace(own.Mount, job.Path);
        bool joins = !needsLeaf || position == Position.Below;
        CgroupPlace start = joins ? own : own.Parent;
        for (CgroupPlace at = start; at.Path.Length > 0 && top.Holds(at); at = at.Parent)
        {
            if (!at.HasRootsFiles)
                why = $"the files of {at.Path} are not root's alone";
            else if (!joins && !at.HasNoProcess)
                why = $"{at.Path} holds processes";
            else
                return at;
        }

        why ??= "no cgroup of the job is above the pilot's";
        return null;
    }

    // The freezer is what batch systems of v1 track a job with.
    private static JobDirectory? Guarded(CellHost host, PilotCgroups pilot, CgroupPlace place, string controller)
        => pilot.Job?.OfController("freezer") is not null && host.Cgroups.V1.TryGetValue("freezer", out string? freezer) && freezer != place.Mount
            ? new JobDirectory(place.Mount, place.Path, pilot.Job.OfController(controller)!.Path, freezer, pilot.Cgroups.OfController("freezer")!)
            : null;

    private static PlacementProperties Missing(HierarchyPath hierarchy, CgroupPlace place, CgroupPlace own, bool isInside, BatchSystem system)
    {
        PlacementProperties missing = PlacementProperties.None;
        if (!hierarchy.Controllers.All(c => JobLimits.AreHeldAt(place, own, c)) || (!isInside && hierarchy.Controllers.Contains("freezer")))
            missing |= PlacementProperties.JobLimits;
        // Slurm counts what is in the cgroup of its task, or below it, and nothing above.
        bool isCounted = isInside && (system != BatchSystem.Slurm || place == own);
        if (!isCounted && (hierarchy.Controllers.Contains("memory") || hierarchy.Controllers.Contains("cpuacct")))
            missing |= PlacementProperties.JobAccounting;
        return missing;
    }

    private static CgroupPlace NearestOfRoot(CgroupPlace place) => place.Upwards().First(at => at.Path.Length == 0 || at.HasRootsFiles);

    private static bool NeedsLeaf(string controller, Limits limits) => controller switch
    {
        "memory" => true, // its peak is told of every payload
        "pids" => limits.Processes is not null,
        "cpu" => limits.CpuWeight is not null || limits.MilliCpus is not null,
        "blkio" => limits.IoWeight is not null,
        _ => false,
    };
}
