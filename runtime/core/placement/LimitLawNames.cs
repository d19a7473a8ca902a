using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>The names of the laws, as policy and records spell them.</summary>
public static class LimitLawNames
{
    /// <summary>Every law by its name.</summary>
    public static ImmutableSortedDictionary<string, LimitLaw> All { get; } = ImmutableSortedDictionary<string, LimitLaw>.Empty
        .Add("enforce", LimitLaw.Enforce)
        .Add("best-effort", LimitLaw.BestEffort);

    /// <summary>The name.</summary>
    public static string Name(this LimitLaw law) => law switch
    {
        LimitLaw.Enforce => "enforce",
        LimitLaw.BestEffort => "best-effort",
        _ => throw new ArgumentOutOfRangeException(nameof(law), law, "a law of no name"),
    };
}
