using System.Collections.Immutable;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>What a command line asks for.</summary>
internal abstract record Invocation
{
    private Invocation() { }

    /// <summary>Serve: as root launch first, otherwise as it is.</summary>
    public sealed record Serve(ServiceOptions Options) : Invocation;

    /// <summary>Check a policy file.</summary>
    public sealed record CheckPolicy(string File) : Invocation;

    /// <summary>Check a policy file, put it in place, and tell who must know.</summary>
    public sealed record InstallPolicy(string File, string Target, string User, ServicePaths Paths) : Invocation;

    /// <summary>Let the service of a run directory take no new payloads, and wait for its end.</summary>
    public sealed record Drain(ServicePaths Paths, TimeSpan? Within) : Invocation;

    /// <summary>Verify a ledger.</summary>
    public sealed record VerifyTrace(string Directory) : Invocation;

    /// <summary>Print the version.</summary>
    public sealed record Version : Invocation;

    /// <summary>Print the usage.</summary>
    public sealed record Help : Invocation;

    /// <summary>None of these.</summary>
    public sealed record Wrong(string Why) : Invocation;
}

/// <summary>How to serve.</summary>
/// <param name="Policy">The policy file.</param>
/// <param name="Paths">Where everything is.</param>
/// <param name="User">The unprivileged user to serve as.</param>
/// <param name="IsLaunched">This is the program that the launcher became; it stops its warden at the end. Not for people.</param>
/// <param name="WithoutKernel">Abilities of the kernel to do without, so that tests run the fallbacks.</param>
internal sealed record ServiceOptions(string Policy, ServicePaths Paths, string User, bool IsLaunched, ImmutableHashSet<string> WithoutKernel)
{
    /// <summary>The groups by which this host's batch systems track their jobs.</summary>
    public TrackingGroups TrackingGroups { get; init; } = TrackingGroups.None;
}
