using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Isolation.Daemon;

/// <summary>
/// Which variables of the pilot's environment its payload sees unasked. Reviewed data: a name or a prefix and the reason for it.
/// What is on no line does not pass; <c>--env</c> passes any name but the room's own.
/// </summary>
internal static class EnvironmentList
{
    /// <summary>What a program is searched in when the pilot passes no PATH.</summary>
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>One line: a name, or a prefix that ends in <c>*</c>.</summary>
    internal sealed record Line(string Pattern, string Reason);

    /// <summary>What passes.</summary>
    public static readonly ImmutableArray<Line> Passes =
    [
        new("PATH", "where programs are; resolved again with the payload's rights"),
        new("LANG", "locale: how text looks, no access"),
        new("LANGUAGE", "locale"),
        new("LC_*", "locale"),
        new("TZ", "time zone"),
        new("TERM", "how a terminal that was passed on works"),
        new("COLUMNS", "the size of that terminal"),
        new("LINES", "the size of that terminal"),
        new("SLURM_*", "batch job: ids, counts, node lists (but no token, see below)"),
        new("SLURMD_NODENAME", "batch job: the node's name at its batch system"),
        new("_CONDOR_*", "batch job: slot, machine and job ad (but no credential, see below)"),
        new("BATCH_SYSTEM", "batch job: which system, set by HTCondor"),
        new("PBS_*", "batch job: PBS and Torque"),
        new("LSB_*", "batch job: LSF"),
        new("LSF_*", "batch job: LSF"),
        new("LS_JOBPID", "batch job: LSF"),
        new("SGE_*", "batch job: SGE and UGE"),
        new("JOB_ID", "batch job: SGE and UGE"),
        new("JOB_NAME", "batch job: SGE and UGE"),
        new("NSLOTS", "batch job: SGE and UGE, how many cores"),
        new("NHOSTS", "batch job: SGE and UGE"),
        new("QUEUE", "batch job: SGE and UGE"),
        new("PE", "batch job: SGE and UGE, parallel environment"),
        new("PE_HOSTFILE", "batch job: SGE and UGE, parallel environment"),
        new("OMP_NUM_THREADS", "how many threads the job was given"),
        new("OMP_THREAD_LIMIT", "how many threads the job was given"),
        new("MKL_NUM_THREADS", "how many threads the job was given"),
        new("OPENBLAS_NUM_THREADS", "how many threads the job was given"),
        new("NUMEXPR_NUM_THREADS", "how many threads the job was given"),
        new("CUDA_VISIBLE_DEVICES", "which granted devices to use; access is the cgroup's matter"),
        new("NVIDIA_VISIBLE_DEVICES", "which granted devices to use"),
        new("ROCR_VISIBLE_DEVICES", "which granted devices to use"),
        new("HIP_VISIBLE_DEVICES", "which granted devices to use"),
        new("GPU_DEVICE_ORDINAL", "which granted devices to use"),
        new("ZE_AFFINITY_MASK", "which granted devices to use"),
        new("http_proxy", "the way out of the worker node"),
        new("https_proxy", "the way out of the worker node"),
        new("ftp_proxy", "the way out of the worker node"),
        new("no_proxy", "the way out of the worker node"),
        new("HTTP_PROXY", "the way out of the worker node"),
        new("HTTPS_PROXY", "the way out of the worker node"),
        new("NO_PROXY", "the way out of the worker node"),
        new("FRONTIER_SERVER", "conditions data: which squid to ask"),
        new("X509_CERT_DIR", "the site's trust anchors: a public place"),
        new("X509_VOMS_DIR", "the site's VOMS trust anchors: a public place"),
    ];

    /// <summary>What does not pass although a prefix above would let it.</summary>
    public static readonly ImmutableArray<Line> Held =
    [
        new("SLURM_JWT", "a token that acts as the pilot"),
        new("_CONDOR_CREDS", "where the pilot's tokens lie"),
        new("PBS_O_*", "the submitting shell's HOME, PATH and the like, of another machine"),
        new("SGE_O_*", "the submitting shell's HOME, PATH and the like, of another machine"),
    ];

    /// <summary>The room sets these itself; asking for one is a fault.</summary>
    public static readonly FrozenSet<string> RoomNames = FrozenSet.ToFrozenSet(["HOME", "TMPDIR", "USER", "LOGNAME", "PWD"]);

    private static readonly FrozenSet<string> PassedNames = Names(Passes);
    private static readonly string[] PassedPrefixes = Prefixes(Passes);
    private static readonly FrozenSet<string> HeldNames = Names(Held);
    private static readonly string[] HeldPrefixes = Prefixes(Held);

    /// <summary>True for a name that the pilot's environment passes on unasked.</summary>
    public static bool Passed(string name)
        => IsOn(PassedNames, PassedPrefixes, name) && !IsOn(HeldNames, HeldPrefixes, name);

    /// <summary>True for a name that belongs to the room.</summary>
    public static bool BelongsToTheRoom(string name) => RoomNames.Contains(name) || name.StartsWith("ISOLATION_", StringComparison.Ordinal);

    private static bool IsOn(FrozenSet<string> names, string[] prefixes, string name)
        => names.Contains(name) || prefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal));

    private static FrozenSet<string> Names(ImmutableArray<Line> lines)
        => lines.Where(l => !l.Pattern.EndsWith('*')).Select(l => l.Pattern).ToFrozenSet(StringComparer.Ordinal);

    private static string[] Prefixes(ImmutableArray<Line> lines)
        => [.. lines.Where(l => l.Pattern.EndsWith('*')).Select(l => l.Pattern[..^1])];
}
