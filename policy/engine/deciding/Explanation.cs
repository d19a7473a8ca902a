using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>A decision and how it came about.</summary>
/// <param name="Decision">The same as <see cref="PolicySnapshot.Decide"/> gives.</param>
/// <param name="Trail">What was looked at and what came of it, one sentence each, in order.</param>
public sealed record Explanation(Decision Decision, ImmutableArray<string> Trail);
