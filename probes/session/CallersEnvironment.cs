namespace Isolation.Probes;

/// <summary>What lies in a pilot's environment: secrets, and variables that change how programs load.</summary>
internal static class CallersEnvironment
{
    /// <summary>Names of variables that no payload must take over of its pilot.</summary>
    public static readonly string[] Names =
        ["BEARER_TOKEN", "SSH_AUTH_SOCK", "PANDA_AUTH_TOKEN", "DB_PASSWORD", "X509_USER_PROXY_PASSWORD", "_CONDOR_CREDS", "SLURM_JWT", "BASH_ENV", "ENV", "PYTHONPATH", "PERL5LIB", "LD_AUDIT", "GCONV_PATH"];

    /// <summary>Each with a secret.</summary>
    public static string[] Make(string run) => [.. Names.Select(n => $"{n}={Secret.New(run, "pilot", "variable")}")];
}
