namespace Isolation.Probes;

/// <summary>In which payload a probe runs.</summary>
internal enum Place
{
    /// <summary>With the others, in one payload.</summary>
    Together,

    /// <summary>As <see cref="Together"/>, in that payload's main process: it looks at what the start has left there.</summary>
    MainProcess,

    /// <summary>In a payload of its own, with limits of its own or with a look at what it leaves.</summary>
    Alone,

    /// <summary>In a payload of its own whose standard input is the pilot's terminal.</summary>
    Terminal,

    /// <summary>All of these in one payload that is stuck in the kernel while all others run; its standard input is on a file system that sleeps.</summary>
    Meanwhile,

    /// <summary>In no payload: what the pilot can see of the service's behaviour towards one.</summary>
    Pilot,
}

/// <summary>One probe of the list in docs/separation.md.</summary>
/// <param name="Id">Its letter and number there.</param>
/// <param name="Tries">What it tries, in a sentence.</param>
/// <param name="Run">Tries it, as the payload.</param>
internal sealed record Probe(string Id, string Tries, Action<Attack> Run)
{
    /// <summary>Where it runs.</summary>
    public Place Place { get; init; }

    /// <summary>Limits that its payload asks for, as <c>isolation run --limit</c> takes them; for <see cref="Place.Alone"/>, and E3.</summary>
    public string[] Limits { get; init; } = [];

    /// <summary>What it means that the kernel killed the probe (SIGKILL); null where that tells nothing.</summary>
    public string? KilledMeans { get; init; }

    /// <summary>Looks, as the pilot, at what is there once its payload is over, or should be; for <see cref="Place.Alone"/> and <see cref="Place.Meanwhile"/>.</summary>
    public Action<Attack>? After { get; init; }

    /// <summary>Why its self-test cannot show a success without separation; null where it can.</summary>
    public string? NoSelfTest { get; init; }
}
