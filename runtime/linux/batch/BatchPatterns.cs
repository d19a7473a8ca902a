using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Linux;

/// <summary>One way in which a batch system names its jobs' cgroups.</summary>
/// <param name="System">The batch system.</param>
/// <param name="Path">The path of the job's topmost cgroup, as <see cref="CgroupPattern"/> reads it.</param>
/// <param name="Source">Where this was read.</param>
/// <param name="IsUnitName">systemd's spelling of the id: - is written as _.</param>
internal sealed record BatchPattern(BatchSystem System, string Path, string Source, bool IsUnitName = false)
{
    private readonly CgroupPattern _pattern = new(Path);

    /// <summary>True when this is a job's topmost cgroup; then with the job's id.</summary>
    public bool Matches(ReadOnlySpan<string> path, out string? id)
    {
        bool matches = _pattern.Matches(path, out id);
        if (IsUnitName)
            id = id?.Replace('_', '-');
        return matches;
    }
}

/// <summary>
/// The table of batch systems: reviewed data. Paths under <c>**</c> are those that a batch system makes below whatever cgroup it runs in itself;
/// nobody but root can make one of these where all the parents are root's, and no other counts.
/// </summary>
internal static class BatchPatterns
{
    private const string SlurmV1 = "SchedMD/slurm src/plugins/cgroup/v1/xcgroup.c, xcgroup_create_hierarchy (2027c04)";
    private const string SlurmV2 = "SchedMD/slurm src/plugins/cgroup/v2/cgroup_v2.c, _set_int_cg_ns (01cec7f)";
    private const string CondorUntil24 = "htcondor/htcondor src/condor_starter.V6.1/vanilla_proc.cpp, VanillaProc::StartJob, BASE_CGROUP (c458df5)";
    private const string CondorSplit = "htcondor/htcondor pull request 3341, \"cgroup named with slice service\" (HTCONDOR-3008): the title, not the lines; the name by Starter::ChooseCGroup";
    private const string PbsHook = "openpbs/openpbs test/tests/functional/pbs_cgroups_hook.py, get_cgroup_job_dir and find_main_cpath; pull request 1700";
    private const string PbsV2 = "0nebody/pbs_exporter collector, pbsCgroupPaths";
    private const string TorqueMom = "adaptivecomputing/torque src/resmom/trq_cgroups.c, init_subsystems (020c26c)";
    private const string LsfTree = "mahendrapaipuri/ceems pkg/collector/lsf_test.go; layout by IBM's \"Enforcing job memory and swap with Linux cgroups\"";
    private const string Uge = "sge_conf(5) of UGE, cgroups_params; no public source was found for the directory's name";
    private const string Kubelet = "kubernetes/kubernetes pkg/kubelet/cm/cgroup_manager_linux.go, ConvertCgroupNameToSystemd (00ac878)";

    /// <summary>The first line that matches a path wins.</summary>
    public static readonly ImmutableArray<BatchPattern> All =
    [
        new(BatchSystem.Slurm, "/slurm/uid_#/job_{#}", SlurmV1),
        new(BatchSystem.Slurm, "/slurm_*/uid_#/job_{#}", SlurmV1 + ": with several slurmd on a host"),
        new(BatchSystem.Slurm, "/**/slurmstepd.scope/job_{#}", SlurmV2),
        new(BatchSystem.Slurm, "/**/*_slurmstepd.scope/job_{#}", SlurmV2 + ": with several slurmd on a host"),

        new(BatchSystem.HTCondor, "/**/htcondor/*_{slot#*}.slice", CondorSplit),
        new(BatchSystem.HTCondor, "/**/htcondor/*_{slot#*}.scope", CondorSplit),
        new(BatchSystem.HTCondor, "/**/htcondor/*_{slot#*}", CondorUntil24),
        new(BatchSystem.HTCondor, "/**/htcondor.slice/*_{slot#*}.slice", CondorSplit),
        new(BatchSystem.HTCondor, "/**/htcondor.slice/*_{slot#*}.scope", CondorSplit),

        new(BatchSystem.GridEngine, "/UGE/{#.#}", Uge),
        new(BatchSystem.GridEngine, "/UGE/{#}", Uge),

        new(BatchSystem.Pbs, "/**/pbs_jobs.service/jobid/{#*}", PbsHook),
        new(BatchSystem.Pbs, "/**/pbs_jobs.service/jobs/{#*}", PbsV2),
        new(BatchSystem.Pbs, "/**/pbspro.service/jobid/{#*}", PbsHook),
        new(BatchSystem.Pbs, "/**/pbs.service/jobid/{#*}", PbsHook),
        new(BatchSystem.Pbs, "/pbspro.slice/pbspro-{#*}.slice", PbsHook + ": before 20.0"),
        new(BatchSystem.Pbs, "/pbspro/{#*}", PbsHook + ": before 20.0, without systemd"),

        new(BatchSystem.Torque, "/torque/{#*}", TorqueMom),

        new(BatchSystem.Lsf, "/**/lsf/*/job.{#*}.#.#", LsfTree),

        new(BatchSystem.Kubernetes, "/**/kubepods/pod{*}", Kubelet),
        new(BatchSystem.Kubernetes, "/**/kubepods/burstable/pod{*}", Kubelet),
        new(BatchSystem.Kubernetes, "/**/kubepods/besteffort/pod{*}", Kubelet),
        new(BatchSystem.Kubernetes, "/**/*kubepods-pod{*}.slice", Kubelet, IsUnitName: true),
        new(BatchSystem.Kubernetes, "/**/*kubepods-burstable-pod{*}.slice", Kubelet, IsUnitName: true),
        new(BatchSystem.Kubernetes, "/**/*kubepods-besteffort-pod{*}.slice", Kubelet, IsUnitName: true),
    ];
}
