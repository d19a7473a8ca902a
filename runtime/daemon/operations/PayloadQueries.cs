using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary><c>list</c> and <c>show</c>: an operator sees all, anybody else what they prove to be their own.</summary>
internal sealed class PayloadQueries(RunningPayloads running)
{
    private const int MaxHandles = 256;

    public ValueTask ListAsync(ListRequest request, Session session)
    {
        IReadOnlyList<string> handles = request.Handles ?? [];
        if (handles.Count > MaxHandles)
            return session.Answers.WriteAsync(Errors.BadRequest([new Fault($"{handles.Count} handles were shown; at most {MaxHandles} are looked at", "Ask in parts.")]));
        return session.Answers.WriteAsync(new PayloadsAnswer(
            [.. running.All.Where(p => session.MayTouch(p, null) || handles.Any(h => p.BelongsTo(session.Peer.Pilot, h))).Select(p => PayloadAnswers.Of(p, withHandle: false))]));
    }

    public ValueTask ShowAsync(ShowRequest request, Session session)
        => session.Answers.WriteAsync(PayloadId.TryParse(request.Id, out PayloadId id) && running.Find(id) is { } payload && session.MayTouch(payload, request.Handle)
            ? new PayloadAnswer(PayloadAnswers.Of(payload, withHandle: false))
            : Errors.NoSuchPayload);
}
