using System.Collections.Immutable;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>
/// <c>doctor</c>: what a payload of the caller's would get here and now, found by doing, and what mends what is missing. Nothing is run or recorded.
/// </summary>
internal sealed class DoctorOperation(
    ISitePolicy policy, IsolatorCatalog isolators, ReadinessWatch readiness, SurveyTurns surveys, IServiceState state, HostView host, Drain drain, TimeProvider clock)
{
    private static readonly TimeSpan ProbedLately = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProbeDeadline = TimeSpan.FromSeconds(10);
    private long _probed = long.MinValue;

    public async ValueTask HandleAsync(DoctorRequest request, Session session)
    {
        // The smallest payload there is; whether it exists is for no policy to say.
        RunRequest wire = new() { Command = ["/bin/true"u8.ToArray()], Environment = request.Environment };
        ParsedRun? parsed = RunParser.Parse(wire, PayloadId.New(clock), session.Peer.Pilot, session.Peer.ReadSoftStackLimit(), out ImmutableArray<Fault> faults);
        await session.Answers.WriteAsync(parsed is null
            ? Errors.BadRequest(faults)
            : await DiagnoseAsync(parsed.Request, session).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task<DiagnosedAnswer> DiagnoseAsync(PayloadRequest request, Session session)
    {
        Diagnosis found = new();
        found.Holds("service", $"{ProductInfo.Service} serves {policy.Site} under the policy {policy.Epoch}");
        if (drain.IsDraining)
            found.Missing("service", "it is drained: it takes no new payloads, and ends when there are none", "An operator can start it again, which ends the draining: payloads run on.");
        Part(found, "warden", state.Warden);
        Part(found, "ledger", state.Ledger);
        await ProbeAsync(found).ConfigureAwait(false);

        bool isPilot = policy.IsPilot(request.Pilot.Uid);
        (Decision decision, _) = policy.Explain(request, isolators.Readiness);
        Policy(found, decision, isPilot, session.Standing == Standing.Operator);
        BatchFindings.Add(found, request.Pilot, isPilot);
        WireSurvey? survey = isPilot ? await SurveyAsync(found, decision, session.Peer).ConfigureAwait(false) : null;
        host.Add(found, request.Pilot.Process.Value);
        return new DiagnosedAnswer(
            found.IsReady, found.Findings, [.. isolators.Readiness.OrderBy(l => l.Key).Select(l => ServiceQueries.Of(l.Key, l.Value))], survey, PayloadAnswers.JobOf(request.Pilot));
    }

    private async Task<WireSurvey> SurveyAsync(Diagnosis found, Decision decision, Peer peer)
    {
        (Limits limits, PlacementDemand demand, RoomKey room) = decision is Decision.Admit admit
            ? (admit.Limits, admit.Placement, new RoomKey(admit.Level, admit.RoomKind))
            : (Limits.None, PlacementDemand.Default, new RoomKey(Level.LogOnly, ""));
        SurveyResult result = await surveys.SurveyAsync(peer, limits, room).ConfigureAwait(false);
        if (result is SurveyResult.NotSurveyed not)
        {
            found.Missing("placement", $"the positions cannot be told: {not.Cause}", not.Fix);
            return SurveyAnswers.Of(result, demand);
        }

        PlaceChoice choice = PlaceChoice.Of(((SurveyResult.Surveyed)result).Positions, demand);
        PlacementFindings.Add(found, choice, demand);
        return SurveyAnswers.Of(choice);
    }

    // A probe builds a room: who asks again and again gets what was found a moment ago.
    private async Task ProbeAsync(Diagnosis found)
    {
        long before = Interlocked.Read(ref _probed), now = clock.GetTimestamp();
        bool isFresh = before != long.MinValue && clock.GetElapsedTime(before, now) < ProbedLately;
        try
        {
            if (!isFresh && Interlocked.CompareExchange(ref _probed, now, before) == before)
                await readiness.ProbeAsync().WaitAsync(ProbeDeadline, clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            found.Missing("levels", $"the levels were not probed within {ProbeDeadline.TotalSeconds} s", "Look into the warden's log.");
        }

        foreach ((Level level, Readiness ready) in isolators.Readiness.OrderBy(l => l.Key))
        {
            if (ready is not Readiness.Ready rooms)
                continue;
            found.Holds("levels", $"{level.Name()} is ready: rooms {string.Join(", ", rooms.RoomKinds)} were built and destroyed");
            if (rooms.Lacking.Length > 0)
                found.Missing("levels", $"{level.Name()}: no room of the kind {rooms.Lacking}", "Mend what is said there, or choose a kind of room that is ready.");
        }

        if (!isolators.Readiness.Values.Any(r => r is Readiness.Ready))
            found.Missing("levels", "no level is ready", "See the fix of each level.");
    }

    private static void Policy(Diagnosis found, Decision decision, bool isPilot, bool isOperator)
    {
        switch (decision)
        {
            case Decision.Admit admit:
                found.Holds("policy", $"a payload would be admitted by the rule '{admit.Rule}' at {admit.Level.Name()} {admit.RoomKind}, account from '{admit.AccountRule}'");
                break;
            // An operator looks at the node, not at what it may run itself.
            case Decision.Refuse refuse when !isPilot && isOperator:
                found.Note("policy", $"{refuse.Why}: the positions that a pilot's job has are told to the pilot", "Run it as a pilot, inside a batch job: isolation doctor.");
                break;
            case Decision.Refuse refuse:
                found.Missing("policy", $"refused by '{refuse.Rule}': {refuse.Why}", refuse.Fix);
                break;
            case Decision.Unavailable none:
                found.Missing("policy", none.Cause, none.Fix);
                break;
        }
    }

    private static void Part(Diagnosis found, string topic, WirePart part)
    {
        if (part.Ready)
            found.Holds(topic, part.Detail);
        else
            found.Missing(topic, part.Detail, null);
    }
}
