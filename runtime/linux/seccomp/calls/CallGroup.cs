using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>Calls of x86-64 that are answered alike, and why.</summary>
internal sealed record CallGroup(string Reason, CallRule Rule, ImmutableArray<(int Number, string Name)> Calls);

/// <summary>
/// Every call that this version knows, up to Linux 6.18, each in one group. A number that is in none is a younger kernel's, or none at all.
/// </summary>
internal static class PayloadCalls
{
    /// <summary>The highest number among them.</summary>
    internal const int Newest = 469;

    internal static ImmutableArray<CallGroup> All { get; } =
    [
        .. FileCalls.Groups, .. FileModeCalls.Groups, .. WaitingCalls.Groups, .. MemoryCalls.Groups, .. ProcessCalls.Groups, .. SchedulingCalls.Groups,
        .. CommunicationCalls.Groups, .. NamespaceCalls.Groups, .. HostCalls.Groups, .. HiddenCalls.Groups,
    ];
}
