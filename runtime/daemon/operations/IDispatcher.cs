using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>Carries out one request, where the table of rights allows it.</summary>
internal interface IDispatcher
{
    /// <summary>Answers one request; returns when the last frame of its answer went out.</summary>
    ValueTask HandleAsync(ClientMessage request, Session session);

    /// <summary>A peer inside a cell asked; it is told so by the caller.</summary>
    void CountInsideACell(Peer peer);
}
