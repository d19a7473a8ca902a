using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>A cell as its warden keeps it: what its table answers in the wire's words.</summary>
public interface IHostCell : ICell
{
    /// <summary>What was seen of the end; kept in the ticket by the time it is told. Never faults.</summary>
    Task<ObservedEnding> Observed { get; }

    /// <summary>The payload's main process on the host; null while nobody knows one.</summary>
    int? MainPid { get; }

    /// <summary>As <see cref="ICell.ResolveAsync"/>, in the wire's words.</summary>
    /// <exception cref="SetupException">It cannot be told.</exception>
    Task<ResolvedInRoom> ResolveInRoomAsync(CancellationToken ct);
}

/// <summary>A cell whose payload is forked by the client itself: there is no cell-init, and no pilot's channel.</summary>
public interface IForkedCell : IHostCell
{
    /// <summary>The client's child that is to become the payload. Takes it over; called once, before the start.</summary>
    void Join(PidFd child);

    /// <summary>How that child ended, as the client says. What the kernel says counts more, and only the first word is heard.</summary>
    void Tell(EndedHow how, int value);

    /// <summary>What it has used so far.</summary>
    ObservedUsage Usage();
}
