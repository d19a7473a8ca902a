namespace Isolation.Probes;

/// <summary>A9.</summary>
internal static class A9
{
    private static readonly string[] Places =
    [
        "/var/lib/condor/spool", "/var/lib/condor/execute", "/var/lib/condor/oauth_credentials", "/var/lib/condor/krb_credentials", "/etc/condor/passwords.d", "/etc/condor/tokens.d",
        "/var/spool/slurmd", "/var/spool/slurm", "/var/spool/slurmctld", "/etc/slurm/slurm.key", "/var/spool/slurmd/cred_state", "/etc/munge/munge.key", "/var/spool/torque", "/var/spool/pbs/mom_priv",
    ];

    public static readonly Probe Probe = new("A9", "read the batch job's ad, claim ids and credential directories", Run);

    private static void Run(Attack attack)
    {
        attack.Read(attack.Target["pilot.claim"]);
        foreach (string variable in new[] { "_CONDOR_JOB_AD", "_CONDOR_MACHINE_AD", "_CONDOR_CREDS", "KRB5CCNAME" })
        {
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path)
                attack.Read(path);
        }

        foreach (string place in Places.Where(Path.Exists))
            attack.Refused("open " + place, Kernel.TryOpen(place, 0));
    }
}
