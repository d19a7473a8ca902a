using System.Globalization;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>What the warden's answers mean, in the words of Core.</summary>
internal static class CellMapping
{
    /// <summary>How a payload ended.</summary>
    public static EndingReport Of(ObservedEnding seen, TimeSpan? wallLimit) => new(
        EndingOf(seen, wallLimit), seen.ObserverName,
        seen.IsEmpty ? new Finding.ProvenEmpty(seen.ObserverName) : new Finding.NotProvable(seen.EmptinessDetail), ResourceUsage.Of(seen.Usage.Pairs))
    {
        OutOfMemory = seen.OutOfMemory is { } killed ? new OutOfMemory(killed.Kills, LimitOf(killed), killed.Victims) : null,
    };

    /// <summary>What became of the command.</summary>
    public static Resolution Of(ResolvedInRoom answer) => answer.Resolution switch
    {
        { Outcome: ResolutionOutcome.Resolved } r => new Resolution.Resolved(new ResolvedCommand(
            ByteString.TryFrom(r.Path, out ByteString path) ? path : throw new WireException("a resolved path holds a NUL"),
            answer.Digest.Length == Sha256.Size ? Convert.ToHexStringLower(answer.Digest) : null,
            answer.Digest.Length == Sha256.Size ? null : answer.WhyNoDigest)),
        { Outcome: ResolutionOutcome.CommandNotUsable } r => new Resolution.NotUsable(
            "command", Why(r), "Name a program that exists on this host and that the payload account may execute."),
        { Outcome: ResolutionOutcome.DirectoryNotUsable } r => new Resolution.NotUsable(
            "working directory", Why(r), "Name a directory that the payload account can enter, or none for its scratch."),
        { Outcome: ResolutionOutcome.StreamRefused } r => new Resolution.StreamRefused(r.Stream, r.Detail),
        { Outcome: ResolutionOutcome.ClientGone } => new Resolution.ClientGone(),
        { Outcome: ResolutionOutcome.TimedOut } r => new Resolution.TimedOut(r.Detail),
        _ => throw new WireException("a resolution of no known outcome"),
    };

    /// <summary>What was left.</summary>
    public static Residue Of(DestroyedCell cell)
    {
        Finding[] findings = [.. cell.Findings.Select(Of)];
        return new Residue(findings[0], findings[1], findings[2], findings[3], findings[4]);
    }

    private static Ending EndingOf(ObservedEnding seen, TimeSpan? wallLimit) => seen switch
    {
        { How: EndedHow.NeverStarted, Observer: EndingObserver.Client } => new Ending.Refused(
            "command", $"the client's child could not execute it: {ErrnoText.Of(seen.Value)} (errno {seen.Value})", "Name a program (or a script's interpreter) that the pilot can execute, and a directory that it can enter."),
        { How: EndedHow.NeverStarted } => new Ending.SetupFailed("start", "the payload never started", null),
        { Cause: EndingCause.ClientGone } => new Ending.Abandoned(),
        { Cause: EndingCause.WallLimit } => new Ending.TimedOut(wallLimit ?? TimeSpan.Zero),
        { How: EndedHow.Unknown } => new Ending.Lost(seen.EmptinessDetail.Length > 0 ? seen.EmptinessDetail : "its cell-init is gone"),
        { IsOutOfMemory: true, OutOfMemory: ObservedOutOfMemory killed } => new Ending.OutOfMemory(LimitOf(killed), killed.Victims),
        { How: EndedHow.Exited } => new Ending.Exited(seen.Value),
        _ => new Ending.Signaled(seen.Value),
    };

    private static MemoryLimit LimitOf(ObservedOutOfMemory killed)
        => (MemoryLimit)killed.Limit is var limit && Enum.IsDefined(limit) ? limit : throw new WireException("a memory limit of no known owner");

    private static Finding Of(WireFinding finding) => finding.Kind switch
    {
        FindingKind.ProvenEmpty => new Finding.ProvenEmpty(finding.Detail),
        FindingKind.NothingFound => new Finding.NothingFound(finding.Detail),
        FindingKind.Found => new Finding.Found(finding.Detail),
        _ => new Finding.NotProvable(finding.Detail),
    };

    private static string Why(CellResolution resolution) => resolution.Errno == 0
        ? resolution.Detail
        : string.Create(CultureInfo.InvariantCulture, $"{resolution.Detail}: {ErrnoText.Of(resolution.Errno)} (errno {resolution.Errno})");
}
