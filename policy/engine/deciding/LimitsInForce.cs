using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>What no place can enforce in this version: the size of a scratch. Whether a place enforces the others is found when a payload enters.</summary>
internal static class LimitsInForce
{
    /// <summary>The kinds of limit that are set and cannot be enforced anywhere, as the file spells them.</summary>
    public static ImmutableArray<string> NotEnforced(Limits limits) => (limits.Kinds & LimitKinds.Scratch).Names();
}
