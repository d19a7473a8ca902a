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
            { IsOutOfMemory: true, OutOfMemory: ObservedOutOfMemory starved } => new Ending.OutOfMemory((MemoryLimit)starved.Limit, starved.Victims),
            { How: EndedHow.Exited } => new Ending.Exited(seen.Value),
            { How: EndedHow.Signaled } => new Ending.Signaled(seen.Value),
            { How: EndedHow.NeverStarted } => new Ending.Lost("the payload never started"),
            _ => new Ending.Lost(seen.EmptinessDetail.Length > 0 ? seen.EmptinessDetail : "how the main process ended is not known"),
        },
        seen.ObserverName,
        seen.IsEmpty ? new Finding.ProvenEmpty(seen.ObserverName) : new Finding.Found(seen.EmptinessDetail),
        ResourceUsage.Of(seen.Usage.Pairs))
    {
        OutOfMemory = seen.OutOfMemory is { } killed ? new OutOfMemory(killed.Kills, (MemoryLimit)killed.Limit, killed.Victims) : null,
    };

    /// <summary>For the ticket.</summary>
    public static TicketEnding ForTicket(ObservedEnding seen) => new(
        seen.How switch { EndedHow.Exited => "exited", EndedHow.Signaled => "signaled", EndedHow.NeverStarted => "never-started", _ => "unknown" },
        seen.Value,
        Name(seen.Cause),
        seen.IsEmpty,
        seen.EmptinessDetail.Length > 0 ? seen.EmptinessDetail : null,
        UsageFigures.All.Select(row => (row.Name, Value: seen.Usage[(byte)row.Figure])).Where(f => f.Value != -1).ToDictionary(f => f.Name, f => f.Value),
        seen.OutOfMemory is { } killed ? new TicketOutOfMemory(killed.Kills, ((MemoryLimit)killed.Limit).Name(), Words(killed.Main), killed.Victims) : null)
    {
        Observer = seen.Observer == EndingObserver.CellInit ? null : seen.ObserverName,
    };

    /// <summary>Of a ticket: what was seen when it was written.</summary>
    public static ObservedEnding Seen(TicketEnding kept) => new(
        kept.How switch { "exited" => EndedHow.Exited, "signaled" => EndedHow.Signaled, "never-started" => EndedHow.NeverStarted, _ => EndedHow.Unknown },
        kept.Value,
        CauseOf(kept.Cause),
        kept.IsEmpty,
        kept.EmptinessDetail ?? "",
        ObservedUsage.Of(UsageFigures.All.Where(row => kept.Usage.ContainsKey(row.Name)).Select(row => ((byte)row.Figure, kept.Usage[row.Name]))))
    {
        OutOfMemory = kept.OutOfMemory is { } killed
            ? new ObservedOutOfMemory(killed.Kills, (byte)Enum.GetValues<MemoryLimit>().FirstOrDefault(limit => limit.Name() == killed.Limit, MemoryLimit.Unknown), Victim(killed.Main), killed.Victims)
            : null,
        Observer = kept.Observer switch { "kernel" => EndingObserver.Kernel, "client" => EndingObserver.Client, "warden" => EndingObserver.Warden, _ => EndingObserver.CellInit },
    };

    /// <summary>A cause as a ticket has it.</summary>
    public static string Name(EndingCause cause) => cause switch
    {
        EndingCause.ClientGone => "client-gone",
        EndingCause.WallLimit => "wall-limit",
        EndingCause.Ordered => "ordered",
        _ => "none",
    };

    /// <summary>Of a ticket's word: the cause.</summary>
    public static EndingCause CauseOf(string? name) => name switch
    {
        "client-gone" => EndingCause.ClientGone,
        "wall-limit" => EndingCause.WallLimit,
        "ordered" => EndingCause.Ordered,
        _ => EndingCause.None,
    };

    private static string Words(OutOfMemoryVictim main) => main switch { OutOfMemoryVictim.Main => "main", OutOfMemoryVictim.Others => "others", _ => "not-known" };

    private static OutOfMemoryVictim Victim(string main) => main switch { "main" => OutOfMemoryVictim.Main, "others" => OutOfMemoryVictim.Others, _ => OutOfMemoryVictim.NotKnown };
}
