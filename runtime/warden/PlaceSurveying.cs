using System.Collections.Immutable;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>
/// The operation <c>survey</c>: tries every position for a pilot. One at a time, since each makes up to four leaves that no limit counts; who would
/// have to wait behind too many others is denied at once.
/// </summary>
internal sealed class PlaceSurveying(CellHost host, WardenState state)
{
    private const int MostWaiting = 64;
    private const int LongestText = 1000; // characters: cgroups of a pilot's own making have long names
    private int _waiting;

    private SemaphoreSlim One { get; } = new(1, 1);

    /// <summary>Takes over the descriptor, which <see cref="OperationTable.Check"/> has found to be a pidfd.</summary>
    internal async Task<Answer> SurveyAsync(FrontSession session, byte[] body, Descriptor[] descriptors)
    {
        using PidFd client = new(descriptors[0].Release());
        SurveyPlaces asked = SurveyPlaces.Read(new MessageReader(body));
        PlaceNeeds needs = new(AskedLimits.Read(asked.Limits), asked.HasOwnProcesses);
        try
        {
            if (Interlocked.Increment(ref _waiting) > MostWaiting)
                throw new DeniedException("surveys", $"{MostWaiting} surveys are waiting already");
            await One.WaitAsync().ConfigureAwait(false);
            try
            {
                return session.IsOver ? Answer.Done : Survey(client, needs);
            }
            finally
            {
                One.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private Answer Survey(PidFd client, PlaceNeeds needs)
    {
        Invariants.RequirePilot(client, state.Limits);
        try
        {
            ImmutableArray<SurveyedPosition> found = PlaceSurvey.Of(host, client, needs);
            return new Answer(WardenAnswer.Done, new SurveyedPlaces([.. found.Select(Wire)]).Write);
        }
        catch (SyscallException e)
        {
            throw new SetupException("survey", e.Message, inner: e);
        }
    }

    private static SurveyedPlace Wire(SurveyedPosition found) => new(
        (byte)found.Position, (byte)found.Holds, (byte)found.Lost, (ushort)found.NotEnforced, Cut(found.Why), Cut(found.Fix), found.IsPossible);

    private static string Cut(string text) => text.Length <= LongestText ? text : text[..LongestText];
}
