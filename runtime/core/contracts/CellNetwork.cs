namespace Isolation.Core;

/// <summary>The network that a payload is in.</summary>
public enum CellNetwork : byte
{
    /// <summary>The host's, as its pilot.</summary>
    Host = 0,

    /// <summary>A network namespace of its pilot's.</summary>
    Pilot = 1,

    /// <summary>One of its own, with a loopback device only.</summary>
    None = 2,

    /// <summary>One of its own, of which connections lead out through its pilot's.</summary>
    User = 3,
}

/// <summary>The names of the networks, as records spell them.</summary>
public static class CellNetworkNames
{
    /// <summary>The name.</summary>
    public static string Name(this CellNetwork network) => network switch
    {
        CellNetwork.Host => "host",
        CellNetwork.Pilot => "pilot",
        CellNetwork.None => "none",
        CellNetwork.User => "user",
        _ => throw new ArgumentOutOfRangeException(nameof(network), network, "a network of no name"),
    };
}
