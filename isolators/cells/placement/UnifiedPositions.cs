using System.Collections.Immutable;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The positions where all controllers are in the v2 hierarchy.</summary>
internal static class UnifiedPositions
{
    private const PlacementProperties OfNoJob = PlacementProperties.JobLimits | PlacementProperties.JobAccounting;

    internal static Candidate Plan(Position position, CellHost host, PilotCgroups pilot, string leafName)
    {
        string mount = host.Cgroups.RequireUnified();
        var own = CgroupPlace.Of(mount, pilot.Cgroups.Unified);
        return position switch
        {
            Position.Beside => Beside(own, pilot.Job!, leafName),
            Position.Below => Below(own, pilot.Job!, leafName),
            _ => Own(own, host.Slice, pilot.Job, leafName),
        };
    }

    private static Candidate Beside(CgroupPlace pilot, RecognisedJob job, string leafName)
    {
        if (job.Unified is not JobCgroup top)
            return Candidate.Not(Position.Beside, "the job has no cgroup in the v2 hierarchy");
        var jobPlace = new CgroupPlace(pilot.Mount, top.Path);
        string why = "no cgroup of the job is above the pilot's", fix = "";
        for (CgroupPlace at = pilot.Parent; at.Path.Length > 0 && jobPlace.Holds(at); at = at.Parent)
        {
            string[] given = GivenBy(at);
            if (!at.IsRootsAlone)
                why = $"{at.Path}, or one above it, is not root's alone";
            else if (!at.HasNoProcess)
                why = $"{at.Path} holds processes";
            else if (!given.Contains("memory"))
                (why, fix) = ($"{at.Path} gives memory to none of its children", Distribute(at));
            else
                return At(Position.Beside, at, pilot, job, leafName,
                    OwnLimits(given) | (job.Job.System == BatchSystem.Slurm ? 0 : PlacementProperties.JobAccounting) | LimitsOf(at, pilot), given);
        }

        return Candidate.Not(Position.Beside, why, fix);
    }

    private static Candidate Below(CgroupPlace pilot, RecognisedJob job, string leafName)
    {
        if (job.Unified is null)
            return Candidate.Not(Position.Below, "the job has no cgroup in the v2 hierarchy");
        if (!pilot.IsRootsToMoveIn)
            return Candidate.Not(Position.Below, $"the files of {pilot.Path}, or a cgroup above it, are not root's alone");
        string[] given = GivenBy(pilot);
        return At(Position.Below, pilot, pilot, job, leafName, PlacementProperties.JobLimits | PlacementProperties.JobAccounting | OwnLimits(given), given);
    }

    /// <summary>
    /// Under the nearest cgroup of the job's user that holds no process and gives memory on, or else under the pilot's own; null where the job's cgroups
    /// are root's to move processes in.
    /// </summary>
    internal static Candidate? Inside(CellHost host, PilotCgroups pilot, bool hasOwnProcesses, string leafName)
    {
        var own = CgroupPlace.Of(host.Cgroups.Unified!, pilot.Cgroups.Unified);
        if (pilot.Job is not { Unified: JobCgroup top } job || own.IsRootsToMoveIn)
            return null;
        if (!hasOwnProcesses)
        {
            return Candidate.Not(Position.Inside, "a leaf in a cgroup of the pilot's proves nothing: this room has no pid namespace of its own",
                "levels: { setuid: { room: private } }");
        }

        var jobPlace = new CgroupPlace(own.Mount, top.Path);
        CgroupPlace place = own.Upwards().TakeWhile(jobPlace.Holds).Where(at => !at.IsRootsToMoveIn && at.HasNoProcess && GivenBy(at).Contains("memory")).FirstOrDefault(own);
        string[] given = GivenBy(place);
        Candidate at = At(Position.Inside, place, own, job, leafName, PlacementProperties.JobAccounting | OwnLimits(given) | LimitsOf(place, own), given);
        return at with { Holds = at.Holds & ~PlacementProperties.CgroupProof };
    }

    private static Candidate Own(CgroupPlace pilot, ServiceSlice slice, RecognisedJob? job, string leafName)
    {
        CgroupPlace place = slice.At(pilot.Mount);
        IReadOnlyList<string> given = slice.GivenAt(pilot.Mount);
        return At(Position.Own, place, pilot, null, leafName, (job is null ? OfNoJob : 0) | OwnLimits(given), given)
            with { Fix = OwnLimits(given) != 0 ? "" : $"{Distribute(place.Parent)} && {Distribute(place)}" };
    }

    private static string Distribute(CgroupPlace place) => $"echo \"+memory +pids\" > {place.Directory}/cgroup.subtree_control";

    private static Candidate At(Position position, CgroupPlace parent, CgroupPlace pilot, RecognisedJob? job, string leafName, PlacementProperties holds,
        IReadOnlyList<string> given)
    {
        (Ceilings lost, CpuSet? cpuSet) = UnifiedCeilings.Left(parent, pilot, given);
        return new Candidate(position, new LeafPlan(leafName, parent.Mount, parent.Path, [], Guarded(parent, pilot, job)), holds | PlacementProperties.CgroupProof, lost, cpuSet, "");
    }

    // Of a step's directories Slurm removes first the one in which it is itself; the others it gives up where it cannot remove the tasks'.
    private static ImmutableArray<JobDirectory> Guarded(CgroupPlace parent, CgroupPlace pilot, RecognisedJob? job)
    {
        if (job is not { Job.System: BatchSystem.Slurm, Unified: JobCgroup top } || pilot.Path.Length <= top.Path.Length)
            return [];
        CgroupPlace step = pilot.Upwards().TakeWhile(at => at.Path != top.Path).Last();
        return CgroupDirectory.Look(step.Directory + "/slurm") is null ? [] : [new JobDirectory(parent.Mount, parent.Path, top.Path, parent.Mount, step.Path + "/slurm")];
    }

    private static PlacementProperties LimitsOf(CgroupPlace at, CgroupPlace pilot) => JobLimits.AreHeldAt(at, pilot) ? PlacementProperties.JobLimits : 0;

    private static string[] GivenBy(CgroupPlace place) => place.Words("cgroup.subtree_control");

    private static PlacementProperties OwnLimits(IReadOnlyList<string> given) => given.Contains("memory") && given.Contains("pids") ? PlacementProperties.OwnLimits : 0;
}
