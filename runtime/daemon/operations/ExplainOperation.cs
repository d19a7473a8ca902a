using System.Collections.Immutable;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary><c>explain</c>: the decision that a request would get, with the reasons. Nothing is run or recorded.</summary>
internal sealed class ExplainOperation(ISitePolicy policy, IsolatorCatalog isolators, AccountNames accounts, SurveyTurns surveys, TimeProvider clock)
{
    public async ValueTask HandleAsync(ExplainRequest request, Session session)
    {
        Pilot pilot = session.Peer.Pilot;
        if (request.Uid is uint uid)
            pilot = pilot with { Uid = new UserId(uid), Gid = new GroupId(HostAccounts.FindUser(uid)?.Gid ?? uid), AccountName = accounts.NameOf(uid) };
        ParsedRun? parsed = RunParser.Parse(request.Request, PayloadId.New(clock), pilot, session.Peer.ReadSoftStackLimit(), out ImmutableArray<Fault> faults);
        await session.Answers.WriteAsync(parsed is null
            ? Errors.BadRequest(faults)
            : await AnswerAsync(parsed.Request, request.Uid is null ? session.Peer : null).ConfigureAwait(false)).ConfigureAwait(false);
    }

    // Only the caller's own process is there to survey from.
    private async Task<ExplainedAnswer> AnswerAsync(PayloadRequest request, Peer? self)
    {
        (Decision decision, IReadOnlyList<string> trail) = policy.Explain(request, isolators.Readiness);
        ExplainedAnswer answer = Answer(decision, trail);
        return self is null || decision is not Decision.Admit admit
            ? answer
            : answer with { Survey = SurveyAnswers.Of(await surveys.SurveyAsync(self, admit.Limits, new RoomKey(admit.Level, admit.RoomKind)).ConfigureAwait(false), admit.Placement) };
    }

    private static ExplainedAnswer Answer(Decision decision, IReadOnlyList<string> trail)
    {
        return decision switch
        {
            Decision.Admit admit => new ExplainedAnswer("admit", admit.Rule, admit.Level.Name(), admit.AccountRule, null, null, trail,
                PlacementAnswers.Of(admit.Limits), PlacementAnswers.Of(admit.Placement)),
            Decision.Refuse refuse => new ExplainedAnswer("refuse", refuse.Rule, null, null, refuse.Why, refuse.Fix, trail),
            Decision.Unavailable none => new ExplainedAnswer("unavailable", null, null, null, none.Cause, none.Fix, trail),
            _ => throw new InvalidOperationException("a decision without an answer"),
        };
    }
}
