using Isolation.Core;

namespace Isolation.Daemon;

/// <summary>The site's policy as the daemon holds it: one snapshot in force, swapped by reference.</summary>
internal interface ISitePolicy
{
    /// <summary>The snapshot in force.</summary>
    IPolicy Current { get; }

    /// <summary>The site's name.</summary>
    string Site { get; }

    /// <summary>SHA-256 of the file in force.</summary>
    string Epoch { get; }

    /// <summary>True for an account that may ask at all.</summary>
    bool IsPilot(UserId uid);

    /// <summary>How many payloads an account may have at a time, or null for no such limit.</summary>
    int? MaxPayloads(UserId pilot);

    /// <summary>The decision, and what was looked at, one sentence each.</summary>
    (Decision Decision, IReadOnlyList<string> Trail) Explain(PayloadRequest request, IReadOnlyDictionary<Level, Readiness> readiness);

    /// <summary>Reads the file again.</summary>
    /// <returns>Every fault; empty when the new file is in force. With a fault the last good one stays.</returns>
    IReadOnlyList<string> Reload();
}
