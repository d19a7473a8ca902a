using Isolation.Core;

namespace Isolation.Policy;

/// <summary>What position <c>own</c> enforces so far: the wall clock.</summary>
internal static class LimitsInForce
{
    /// <summary>The kinds of limit that are set and cannot be enforced, as the file spells them.</summary>
    public static IReadOnlyList<string> NotEnforced(Limits limits)
    {
        List<string> kinds = [];
        if (limits.MemoryBytes is not null)
            kinds.Add("memory");
        if (limits.Processes is not null)
            kinds.Add("pids");
        if (limits.ScratchBytes is not null)
            kinds.Add("scratch");
        return kinds;
    }
}
