using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>What somebody may do with a request.</summary>
internal enum Right
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It, where the payload is their own: uid, job key and handle.</summary>
    OwnPayload,

    /// <summary>It.</summary>
    Any,
}

/// <summary>How somebody stands to the service.</summary>
internal enum Standing
{
    /// <summary>Inside a cell: a payload, or what it left.</summary>
    InsideACell,

    /// <summary>Anybody else of this host.</summary>
    Client,

    /// <summary>root, or a member of the operators' group, and not inside a cell.</summary>
    Operator,
}

/// <summary>Who may do what: the whole table (design.md section 2, docs/protocol.md).</summary>
internal static class Rights
{
    /// <summary>How a peer stands.</summary>
    public static Standing Of(Peer peer)
        => peer.IsInsideACell ? Standing.InsideACell : peer.IsOperator ? Standing.Operator : Standing.Client;

    /// <summary>What a standing allows.</summary>
    public static Right Of(Standing standing, ClientMessage request) => (standing, request) switch
    {
        (Standing.InsideACell, _) => Right.None,
        (Standing.Operator, _) => Right.Any,
        (_, HelloRequest or RunRequest or StatusRequest or DoctorRequest or CollectedRequest) => Right.Any,
        (_, ExplainRequest { Uid: null }) => Right.Any,
        (_, ListRequest or ShowRequest or SignalRequest or WaitRequest or JoinRequest or TellRequest or UsageRequest) => Right.OwnPayload,
        _ => Right.None,
    };
}
