namespace Isolation.Core;

/// <summary>The batch systems whose jobs are recognised.</summary>
public enum BatchSystem
{
    /// <summary>Slurm.</summary>
    Slurm,

    /// <summary>HTCondor.</summary>
    HTCondor,

    /// <summary>SGE and its heirs: UGE, Altair Grid Engine, Son of Grid Engine.</summary>
    GridEngine,

    /// <summary>OpenPBS and PBS Professional.</summary>
    Pbs,

    /// <summary>Torque.</summary>
    Torque,

    /// <summary>LSF.</summary>
    Lsf,

    /// <summary>Kubernetes: a pod is a job.</summary>
    Kubernetes,
}

/// <summary>The names of the batch systems in records, settings and answers.</summary>
public static class BatchSystemNames
{
    /// <summary>Every batch system.</summary>
    public static readonly IReadOnlyList<BatchSystem> All =
        [BatchSystem.Slurm, BatchSystem.HTCondor, BatchSystem.GridEngine, BatchSystem.Pbs, BatchSystem.Torque, BatchSystem.Lsf, BatchSystem.Kubernetes];

    /// <summary>The spelling of a batch system.</summary>
    public static string Name(this BatchSystem system) => system switch
    {
        BatchSystem.Slurm => "slurm",
        BatchSystem.HTCondor => "htcondor",
        BatchSystem.GridEngine => "sge",
        BatchSystem.Pbs => "pbs",
        BatchSystem.Torque => "torque",
        BatchSystem.Lsf => "lsf",
        BatchSystem.Kubernetes => "kubernetes",
        _ => throw new ArgumentOutOfRangeException(nameof(system), system, "no such batch system"),
    };

    /// <summary>The spelling of a kind of evidence.</summary>
    public static string Name(this BatchEvidence evidence) => evidence switch
    {
        BatchEvidence.Cgroup => "cgroup",
        BatchEvidence.TrackingGroup => "tracking-group",
        _ => throw new ArgumentOutOfRangeException(nameof(evidence), evidence, "no such evidence"),
    };

    /// <summary>The batch system of that name; false when there is none.</summary>
    public static bool TryParse(string? name, out BatchSystem system)
    {
        foreach (BatchSystem candidate in All)
        {
            if (candidate.Name() == name)
            {
                system = candidate;
                return true;
            }
        }

        system = default;
        return false;
    }
}
