using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Isolation.Core;

/// <summary>Finds out, by doing, what each position would hold for a process.</summary>
public interface IPlaceSurvey
{
    /// <summary>Tries every position; what it makes is gone when it returns.</summary>
    /// <param name="client">The process, by its pidfd: a pilot, in no cell. Stays the caller's.</param>
    /// <param name="limits">The limits to try.</param>
    /// <param name="room">The room that the payload would get.</param>
    /// <param name="ct">Gives up waiting.</param>
    Task<SurveyResult> SurveyAsync(SafeHandle client, Limits limits, RoomKey room, CancellationToken ct);
}

/// <summary>What came of a survey.</summary>
public abstract record SurveyResult
{
    private SurveyResult() { }

    /// <summary>Every position.</summary>
    /// <param name="Positions">In the order in which they are tried.</param>
    public sealed record Surveyed(ImmutableArray<SurveyedPosition> Positions) : SurveyResult;

    /// <summary>The positions cannot be told.</summary>
    /// <param name="Cause">What was tried and seen.</param>
    /// <param name="Fix">What to do.</param>
    public sealed record NotSurveyed(string Cause, string Fix) : SurveyResult;
}
