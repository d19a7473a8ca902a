using System.Collections.Immutable;
using System.Text;
using Isolation.Core;

namespace Isolation.Linux;

/// <summary>Which batch job an environment names: the word of whoever set it. A pod names none.</summary>
public static class BatchClaims
{
    private const int MaxId = 256;

    /// <summary>
    /// One line: the variable that shows the batch system, and those the id is taken from, joined by a dot. Asked in this order.
    /// </summary>
    private static readonly ImmutableArray<(BatchSystem System, string Shown, ImmutableArray<string> Id)> Lines =
    [
        (BatchSystem.Slurm, "SLURM_JOB_ID", ["SLURM_JOB_ID"]),     // sbatch(1), OUTPUT ENVIRONMENT VARIABLES
        (BatchSystem.HTCondor, "_CONDOR_SLOT", ["_CONDOR_SLOT"]),  // HTCondor manual, "Services for Running Jobs"
        (BatchSystem.HTCondor, "_CONDOR_JOB_AD", []),              // the same: the file of the job's ad
        (BatchSystem.Lsf, "LSB_JOBID", ["LSB_JOBID", "LSB_JOBINDEX"]), // LSF reference, environment variables
        (BatchSystem.Pbs, "PBS_JOBID", ["PBS_JOBID"]),             // qsub(1B) of OpenPBS; Torque sets it too
        (BatchSystem.GridEngine, "SGE_CELL", ["JOB_ID", "SGE_TASK_ID"]), // qsub(1) of SGE
        (BatchSystem.GridEngine, "SGE_ROOT", ["JOB_ID", "SGE_TASK_ID"]),
    ];

    /// <summary>What the entries <c>NAME=value</c> claim, or null. An id is printable and of at most 256 characters.</summary>
    public static BatchClaim? Read(IEnumerable<byte[]> environment)
    {
        Dictionary<string, string> values = [];
        foreach (byte[] entry in environment)
        {
            int equals = Array.IndexOf(entry, (byte)'=');
            if (equals > 0 && Encoding.Latin1.GetString(entry, 0, equals) is string name && Names.Contains(name))
                values[name] = Printable(entry.AsSpan(equals + 1));
        }

        foreach ((BatchSystem system, string shown, ImmutableArray<string> id) in Lines)
        {
            if (!values.TryGetValue(shown, out string? value) || value.Length == 0)
                continue;
            // JOB_ID alone says nothing: any program may use the name. SGE's own variables may be set in a login shell, without a job.
            if (id.Length > 0 && !values.ContainsKey(id[0]))
                continue;
            // The index of a job that is no array: 0 with LSF, "undefined" with SGE.
            string[] parts = [.. id.Select(n => values.GetValueOrDefault(n, "")).Where(v => v.Length > 0 && v is not ("0" or "undefined"))];
            return new BatchClaim(system, parts.Length > 0 ? string.Join('.', parts) : null);
        }

        return null;
    }

    private static readonly HashSet<string> Names = [.. Lines.SelectMany(l => l.Id.Add(l.Shown))];

    private static string Printable(ReadOnlySpan<byte> value)
    {
        string text = PrintableText.Of(value[..Math.Min(value.Length, MaxId)]);
        return text.Length <= MaxId ? text : text[..MaxId];
    }
}
