namespace Isolation.Core;

/// <summary>Which network a room has.</summary>
public enum RoomNetwork
{
    /// <summary>Its pilot's.</summary>
    Pilot,

    /// <summary>One of its own, with a loopback device only.</summary>
    None,

    /// <summary>One of its own, of which connections lead out through its pilot's: made there by an unprivileged process.</summary>
    User,
}
