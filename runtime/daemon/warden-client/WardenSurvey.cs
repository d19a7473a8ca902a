using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>What each position would hold, as the warden finds it.</summary>
internal sealed class WardenSurvey(WardenLink warden, string fix, ILogger log) : IPlaceSurvey
{
    public async Task<SurveyResult> SurveyAsync(SafeHandle client, Limits limits, RoomKey room, CancellationToken ct)
    {
        try
        {
            using WardenReply reply = await warden
                .AskAsync(WardenOperation.Survey, new SurveyPlaces(PlacementMapping.Of(limits), room.HasOwnProcesses).Write, (Descriptor)client)
                .WaitAsync(ct).ConfigureAwait(false);
            return new SurveyResult.Surveyed([.. SurveyedPlaces.Read(reply.Body()).Places.Select(Of)]);
        }
        catch (SetupException e)
        {
            return new SurveyResult.NotSurveyed(e.Message, warden.IsConnected ? "Look into the warden's log." : fix);
        }
        catch (WireException e)
        {
            Log.WardenStrange(log, e.Message);
            return new SurveyResult.NotSurveyed($"the warden's answer is strange: {e.Message}", "Install warden and isolationd of one release.");
        }
    }

    private static SurveyedPosition Of(SurveyedPlace place) => Enum.IsDefined((Position)place.Position)
        ? new SurveyedPosition(
            (Position)place.Position, (PlacementProperties)place.Holds, (Ceilings)place.Lost, (LimitKinds)place.NotEnforced, place.Why, place.Fix, place.IsPossible)
        : throw new WireException($"position {place.Position} does not exist");
}
