namespace Isolation.Core;

/// <summary>What is known of one kind of residue.</summary>
public abstract record Finding
{
    private Finding() { }

    /// <summary>Nothing is left, and the kernel says so.</summary>
    /// <param name="How">By what: <c>cgroup</c>, <c>account has no process</c>.</param>
    public sealed record ProvenEmpty(string How) : Finding;

    /// <summary>Looked for, and nothing found; something could still be where nobody looked.</summary>
    /// <param name="Where">What was searched.</param>
    public sealed record NothingFound(string Where) : Finding;

    /// <summary>Something is left.</summary>
    /// <param name="What">What, with a bounded number of examples.</param>
    public sealed record Found(string What) : Finding;

    /// <summary>Cannot be known at this level, on this host.</summary>
    /// <param name="Why">The reason.</param>
    public sealed record NotProvable(string Why) : Finding;
}
