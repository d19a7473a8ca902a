using System.Collections.Immutable;

namespace Isolation.Policy;

/// <summary>What came of reading a policy file.</summary>
public abstract record PolicyCheck
{
    private PolicyCheck() { }

    /// <summary>The file is good.</summary>
    /// <param name="Snapshot">The policy.</param>
    /// <param name="Notes">What an administrator should know, in the order of the file.</param>
    public sealed record Accepted(PolicySnapshot Snapshot, ImmutableArray<PolicyNote> Notes) : PolicyCheck;

    /// <summary>The file is refused as a whole.</summary>
    /// <param name="Faults">Everything that is wrong with it, in the order of the file; at least one.</param>
    public sealed record Refused(ImmutableArray<PolicyFault> Faults) : PolicyCheck;
}
