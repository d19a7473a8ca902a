namespace Isolation.Daemon;

/// <summary>Every path of the service, below its state and its run directory (design.md section 2, "who owns what on disk").</summary>
/// <param name="State">Kept over reboots.</param>
/// <param name="Run">Gone with a reboot, as the payloads are.</param>
internal sealed record ServicePaths(string State, string Run)
{
    public const string DefaultState = "/var/lib/isolation";
    public const string DefaultRun = "/run/isolation";
    public const string DefaultPolicy = "/etc/isolation/policy.yaml";

    /// <summary>isolationd's part of the run directory.</summary>
    public string RunFront => Path.Combine(Run, "front");

    /// <summary>Where clients connect.</summary>
    public string Socket => Path.Combine(RunFront, "isolation.sock");

    /// <summary>The name by which clients know it.</summary>
    public string SocketLink => Path.Combine(Run, "isolation.sock");

    /// <summary>Held by the one instance of this run directory.</summary>
    public string InstanceLock => Path.Combine(RunFront, "isolationd.lock");

    /// <summary>Where the warden answers.</summary>
    public string WardenSocket => Path.Combine(Run, "warden.sock");

    /// <summary>The warden's tickets and doors.</summary>
    public string Rooms => Path.Combine(Run, "rooms");

    /// <summary>What a client may do when nobody answers.</summary>
    public string Unanswered => Path.Combine(Run, "unanswered");

    /// <summary>The ledger.</summary>
    public string Ledger => Path.Combine(State, "ledger");

    /// <summary>isolationd's part of the state: the leases.</summary>
    public string StateFront => Path.Combine(State, "front");

    /// <summary>The warden's part of the state.</summary>
    public string StateWarden => Path.Combine(State, "warden");

    /// <summary>The warden's limits.</summary>
    public string WardenLimits => Path.Combine(StateWarden, "warden.json");

    /// <summary>The payloads' scratch directories.</summary>
    public string Scratch => Path.Combine(State, "scratch");
}
