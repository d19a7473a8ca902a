using System.Globalization;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>What is told of a payload, from the records of Core to those of the wire.</summary>
internal static class PayloadAnswers
{
    private const int MaxCommand = 200;

    /// <summary>One payload; its handle only where its owner is told.</summary>
    public static WirePayload Of(RunningPayload payload, bool withHandle) => new()
    {
        Id = payload.Request.Id.ToString(),
        State = payload.Process is null ? "entered" : "running",
        Handle = withHandle ? payload.Handle?.Value : null,
        Pid = payload.Process?.Value,
        Cgroup = payload.Cell.Site.Cgroup,
        Detached = payload.Request.IsDetached ? true : null,
        Level = payload.Decision.Level.Name(),
        Room = payload.Decision.RoomKind,
        Placement = PlacementAnswers.Of(payload.Cell.Site.Placement),
        Limits = PlacementAnswers.Of(payload.Decision.Limits),
        Account = Of(payload.Lease.Account),
        Subject = payload.Decision.Identity.Subject,
        Rule = payload.Decision.Rule,
        PilotUid = payload.Request.Pilot.Uid.Value,
        Job = JobOf(payload.Request.Pilot),
        Command = CommandLine(payload.Request.Command),
        Since = payload.Entered.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        Tags = payload.Request.Tags.IsEmpty ? null : payload.Request.Tags,
    };

    /// <summary>What came of one.</summary>
    public static EndedAnswer Of(PayloadResult result) => new(result.Payload.ToString(), Of(result.Ending), result.Usage is { } usage ? Of(usage) : null)
    {
        OutOfMemory = Of(result.OutOfMemory),
        NotCollected = result.Collection is Collection.Skipped skipped ? skipped.Why : null,
    };

    /// <summary>How it ended.</summary>
    public static WireEnding Of(Ending ending) => ending switch
    {
        Ending.Exited e => new WireEnding { Kind = "exited", Code = e.Code },
        Ending.Signaled e => new WireEnding { Kind = "signaled", Signal = e.Signal },
        Ending.TimedOut e => new WireEnding { Kind = "timed-out", LimitMilliseconds = (long)e.Limit.TotalMilliseconds },
        Ending.OutOfMemory e => new WireEnding { Kind = "out-of-memory", Limit = e.Limit.Name(), Victim = Known(e.Victim) },
        Ending.Abandoned => new WireEnding { Kind = "abandoned" },
        Ending.KilledFromOutside e => new WireEnding { Kind = "killed-from-outside", Why = e.Evidence },
        Ending.Refused e => new WireEnding { Kind = "refused", Rule = e.Rule, Why = e.Why, Fix = e.Fix },
        Ending.Busy e => new WireEnding { Kind = "busy", Why = e.Cause, RetryAfterMilliseconds = (long)e.RetryAfter.TotalMilliseconds },
        Ending.Unavailable e => new WireEnding { Kind = "unavailable", Why = e.Cause, Fix = e.Fix, PilotMayRun = e.PilotMayRun },
        Ending.SetupFailed e => new WireEnding { Kind = "setup-failed", Step = e.Step, Why = e.Undo is null ? e.Cause : $"{e.Cause}; not undone: {e.Undo}" },
        Ending.Lost e => new WireEnding { Kind = "lost", Why = e.Evidence },
        _ => throw new InvalidOperationException("an ending without a word for it"),
    };

    /// <summary>What it used.</summary>
    public static WireUsage Of(ResourceUsage usage)
    {
        Dictionary<string, long> figures = [];
        Dictionary<string, string> missing = [];
        foreach ((string name, Figure figure) in usage.Named)
        {
            if (figure is Figure.Measured measured)
                figures[name] = measured.Value;
            else
                missing[name] = ((Figure.NotAvailable)figure).Why;
        }

        return new WireUsage(figures, missing.Count > 0 ? missing : null);
    }

    /// <summary>Whom the kernel killed for want of memory.</summary>
    public static WireOutOfMemory? Of(OutOfMemory? killed)
        => killed is null ? null : new WireOutOfMemory(killed.Kills, killed.Limit.Name(), Known(killed.Victims));

    /// <summary>The pilot's batch job: what the kernel shows, else what its environment claims.</summary>
    public static WireBatchJob? JobOf(Pilot pilot) => pilot switch
    {
        { Batch: { } job } => new WireBatchJob(job.System.Name(), job.Id, job.Evidence.Name()),
        { Claim: { } claim } => new WireBatchJob(claim.System.Name(), claim.Id, "claim"),
        _ => null,
    };

    private static WireAccount Of(Account account)
        => new(account.Uid.Value, account.Gid.Value, [.. account.Groups.Select(g => g.Value)], account.Name);

    private static string? Known(string text) => text.Length > 0 ? text : null;

    private static string CommandLine(IEnumerable<ByteString> command)
    {
        System.Text.StringBuilder line = new();
        foreach (ByteString argument in command)
        {
            if (line.Length > 0)
                line.Append(' ');
            // A long argument is cut before it is made printable.
            line.Append(PrintableText.Of(argument.Span[..Math.Min(argument.Length, MaxCommand)]));
            if (line.Length > MaxCommand)
                return line.ToString(0, MaxCommand - 1) + "…";
        }

        return line.ToString();
    }
}
