using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>The process at the other end of a connection, as the kernel describes it. Owns its pidfd.</summary>
/// <param name="Process">The process itself: its number cannot come to mean another one.</param>
/// <param name="Pilot">Who it is.</param>
/// <param name="IsOperator">uid 0, or a member of the operators' group.</param>
/// <param name="IsInsideACell">It runs in some cell's leaf: it may do nothing.</param>
internal sealed record Peer(PidFd Process, Pilot Pilot, bool IsOperator, bool IsInsideACell) : IDisposable
{
    /// <summary>The soft stack limit now, bytes; null for unlimited.</summary>
    /// <exception cref="PeerException">The process is over.</exception>
    public long? ReadSoftStackLimit()
    {
        string text = PeerReader.ReadProc(Pilot.Process.Value, "limits");
        PeerReader.MustLive(Process, Pilot.Process.Value);
        return ProcTexts.SoftStackLimit(text);
    }

    /// <inheritdoc/>
    public void Dispose() => Process.Dispose();
}

/// <summary>A peer cannot be known: it is over, or the kernel hides it.</summary>
internal sealed class PeerException(string cause, string fix, Exception? inner = null) : Exception($"{cause} {fix}", inner)
{
    /// <summary>What was tried, and why it failed.</summary>
    public string Cause { get; } = cause;

    /// <summary>What to do.</summary>
    public string Fix { get; } = fix;
}
