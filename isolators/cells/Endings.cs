using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>What cell-init observed, in the pipeline's words and in the ticket's.</summary>
public static class Endings
{
    /// <summary>As a report.</summary>
    public static EndingReport Report(ObservedEnding seen, TimeSpan? wallLimit) => new(
        seen switch
        {
            { Cause: EndingCause.WallLimit } => new Ending.TimedOut(wallLimit ?? TimeSpan.Zero),
            { Cause: EndingCause.ClientGone } => new Ending.Abandoned(),
            { How: EndedHow.Exited } => new Ending.Exited(seen.Value),
            { How: EndedHow.Signaled } => new Ending.Signaled(seen.Value),
            { How: EndedHow.NeverStarted } => new Ending.Lost("the payload never started"),
            _ => new Ending.Lost(seen.EmptinessDetail.Length > 0 ? seen.EmptinessDetail : "how the main process ended is not known"),
        },
        seen.How == EndedHow.Unknown ? "warden" : "cell-init",
        seen.IsEmpty ? new Finding.ProvenEmpty("cgroup") : new Finding.Found(seen.EmptinessDetail),
        new ResourceUsage(
            Figure(seen.Usage.UserMicroseconds, "cpu.stat"), Figure(seen.Usage.SystemMicroseconds, "cpu.stat"),
            Figure(seen.Usage.WallMicroseconds, "no clock of cell-init"), Figure(seen.Usage.MemoryPeakBytes, "no memory counter in this hierarchy")));

    /// <summary>For the ticket.</summary>
    public static TicketEnding ForTicket(ObservedEnding seen) => new(
        seen.How switch { EndedHow.Exited => "exited", EndedHow.Signaled => "signaled", EndedHow.NeverStarted => "never-started", _ => "unknown" },
        seen.Value,
        seen.Cause switch { EndingCause.ClientGone => "client-gone", EndingCause.WallLimit => "wall-limit", EndingCause.Ordered => "ordered", _ => "none" },
        seen.IsEmpty,
        [seen.Usage.WallMicroseconds, seen.Usage.UserMicroseconds, seen.Usage.SystemMicroseconds, seen.Usage.MemoryPeakBytes]);

    private static Figure Figure(long value, string source)
        => value >= 0 ? new Figure.Measured(value) : new Figure.NotAvailable($"not measured: {source}");
}
