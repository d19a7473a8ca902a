namespace Isolation.Policy;

/// <summary>
/// The causes that <c>on-internal-error</c> can answer apart, and that <see cref="PolicySnapshot.PilotMayRun"/> is asked with.
/// </summary>
public static class ErrorCauses
{
    /// <summary>No account is free.</summary>
    public const string AccountsExhausted = "accounts-exhausted";

    /// <summary>Whoever must be asked for authorization does not answer, or cannot be asked.</summary>
    public const string AuthorizationUnavailable = "authorization-unavailable";

    /// <summary>A record cannot be made durable.</summary>
    public const string LedgerUnavailable = "ledger-unavailable";

    /// <summary>The level that policy chose is not ready on this host.</summary>
    public const string LevelNotReady = "level-not-ready";

    /// <summary>A limit cannot be enforced here.</summary>
    public const string LimitNotReady = "limit-not-ready";

    /// <summary>What <c>placement: must</c> asks for cannot be had here.</summary>
    public const string PlacementNotReady = "placement-not-ready";

    /// <summary>Nobody answers on the socket: what the published file tells the client.</summary>
    public const string ServiceUnavailable = "service-unavailable";

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<string> All =
        [AccountsExhausted, AuthorizationUnavailable, LedgerUnavailable, LevelNotReady, LimitNotReady, PlacementNotReady, ServiceUnavailable];
}
