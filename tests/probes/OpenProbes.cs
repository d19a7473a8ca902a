using Isolation.Linux;

namespace Isolation.Probes.Tests;

/// <summary>What breaks in rooms with mounts, processes and IPC of their own, and what would hold it. A probe leaves this list when it does.</summary>
internal static class OpenProbes
{
    private const int WithScopes = 6; // Landlock's version of Linux 6.12

    private static readonly Dictionary<string, string> WithoutScopes = new()
    {
        ["A6"] = "abstract sockets, where the kernel has no Landlock scope and the pilot's network namespace is shared",
        ["D5"] = "abstract sockets, as A6",
    };

    /// <summary>On this kernel it may break.</summary>
    internal static bool Has(string id) => Landlock.Version < WithScopes && WithoutScopes.ContainsKey(id);
}
