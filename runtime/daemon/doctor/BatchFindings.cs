using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Daemon;

/// <summary>What is to say of the batch job that the caller is in, or says it is in.</summary>
internal static class BatchFindings
{
    private const string Topic = "batch";

    // What lets a batch system keep its jobs in cgroups; where each was read: the manual pages named.
    private static readonly ImmutableDictionary<BatchSystem, string> Settings = new Dictionary<BatchSystem, string>
    {
        [BatchSystem.Slurm] = "In slurm.conf set ProctrackType=proctrack/cgroup and TaskPlugin=task/cgroup, in cgroup.conf ConstrainRAMSpace=yes "
            + "and ConstrainCores=yes (slurm.conf(5), cgroup.conf(5)), then restart slurmd.",
        [BatchSystem.HTCondor] = "Let condor_master run as root with BASE_CGROUP = htcondor (HTCondor manual, condor_startd configuration).",
        [BatchSystem.GridEngine] = "Where the heir of SGE has it, set cgroups_params in sge_conf(5); else name the tracking groups: isolationd --tracking-groups sge:FIRST-LAST "
            + "(gid_range of sge_conf(5)).",
        [BatchSystem.Pbs] = "Switch its hook on: qmgr -c \"set hook pbs_cgroups enabled = true\".",
        [BatchSystem.Torque] = "Use a pbs_mom that was configured with --enable-cgroups.",
        [BatchSystem.Lsf] = "In lsf.conf set LSF_PROCESS_TRACKING=Y, LSF_LINUX_CGROUP_ACCT=Y and LSB_RESOURCE_ENFORCE=\"memory cpu\".",
        [BatchSystem.Kubernetes] = "Let the kubelet manage cgroups (cgroupDriver).",
    }.ToImmutableDictionary();

    /// <summary>Adds them.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="pilot">The caller, with what its environment claims.</param>
    /// <param name="isPilot">Policy lets it ask; for anybody else the job matters to nobody.</param>
    public static void Add(Diagnosis to, Pilot pilot, bool isPilot)
    {
        if (pilot.Batch is { Evidence: BatchEvidence.Cgroup } job)
            to.Holds(Topic, $"{Name(job.System, job.Id)}, as the cgroup {job.Cgroup} shows");
        else if (pilot.Batch is { } tracked)
            Tracked(to, tracked);
        else if (pilot.Claim is { } claim)
            Claimed(to, claim, isPilot);
        else
            to.Note(Topic, "this process is in no batch job that is recognised: what a job's cgroups would hold cannot be told", isPilot ? "Ask inside a batch job: isolation doctor." : null);
        if (pilot.Batch is { } evident && pilot.Claim is { } said && (said.System != evident.System || AreTwo(said.Id, evident.Id)))
            to.Note(Topic, $"the environment names another job, {Name(said.System, said.Id)}: it is recorded as a claim and changes nothing");
        if (pilot.Batch?.System == BatchSystem.HTCondor)
        {
            to.Note(Topic, "HTCondor gives its slot's cgroup to the job's user, who can move processes out of anything below it: where it has done so, only a private room's payload has a place in the job (inside)",
                "Under 'levels' in the policy file, 'setuid: { room: private }'; or leave job-limits and job-accounting out of 'must' under 'placement'.");
        }
    }

    // An id can be longer in one place: HTCondor's slot with its host, an array's job with its index.
    private static bool AreTwo(string? said, string? shown)
        => said is not null && shown is not null && said != shown && !IsLonger(said, shown) && !IsLonger(shown, said);

    private static bool IsLonger(string id, string part) => id.Length > part.Length && id.StartsWith(part, StringComparison.Ordinal) && (id[part.Length] is '@' or '.');

    private static void Tracked(Diagnosis to, BatchJob job)
    {
        to.Holds(Topic, $"{Name(job.System, job.Id)}, as the tracking group {job.TrackingGroup} shows");
        to.Missing(Topic, $"no cgroup shows this job: {job.System.Name()} finds its processes by their group and their parents, "
            + "and a payload is born elsewhere, so the job's limits and accounting do not reach it",
            Settings[job.System]);
    }

    private static void Claimed(Diagnosis to, BatchClaim claim, bool isPilot)
    {
        string what = $"the environment names {Name(claim.System, claim.Id)}, and no cgroup shows such a job: its limits and accounting cannot be held "
            + "(a process tree or group by which the batch system finds its processes does not hold a payload, which is born elsewhere)";
        string fix = Settings[claim.System] + " A name of the site's own for the cgroup is not recognised (docs/batch-systems.md).";
        if (isPilot)
            to.Missing(Topic, what, fix);
        else
            to.Note(Topic, what, fix);
    }

    private static string Name(BatchSystem system, string? id) => id is null ? system.Name() : $"{system.Name()} {PrintableText.Of(id)}";
}
