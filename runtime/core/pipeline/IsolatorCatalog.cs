using System.Collections.Frozen;

namespace Isolation.Core;

/// <summary>The isolators of this node, and what each was last found able to do.</summary>
public sealed class IsolatorCatalog(IEnumerable<IIsolator> isolators)
{
    private readonly FrozenDictionary<Level, IIsolator> _byLevel = isolators.ToFrozenDictionary(i => i.Description.Level);
    private FrozenDictionary<Level, Readiness> _readiness = FrozenDictionary<Level, Readiness>.Empty;

    /// <summary>What each level can do on this host, as last probed. Levels without an isolator are there too, as not ready.</summary>
    public IReadOnlyDictionary<Level, Readiness> Readiness => Volatile.Read(ref _readiness);

    /// <summary>The isolator of a level that was admitted, hence is there.</summary>
    public IIsolator this[Level level] => _byLevel[level];

    /// <summary>Probes every level anew.</summary>
    public async Task ProbeAsync(CancellationToken ct)
    {
        var found = new Dictionary<Level, Readiness>();
        foreach (Level level in LevelNames.All)
            found[level] = _byLevel.TryGetValue(level, out IIsolator? isolator)
                ? await isolator.ProbeAsync(ct).ConfigureAwait(false)
                : new Readiness.NotReady($"this version has no isolator for the level {level.Name()}", "Ask for another level.");
        Volatile.Write(ref _readiness, found.ToFrozenDictionary());
    }
}
