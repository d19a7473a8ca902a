namespace Isolation.Wire;

/// <summary>Body of <see cref="WardenOperation.Survey"/>. With it comes the client's pidfd.</summary>
/// <param name="Limits">The limits to try.</param>
public sealed record SurveyPlaces(RoomLimits Limits)
{
    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to) => Limits.Write(to);

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static SurveyPlaces Read(MessageReader from)
    {
        var survey = new SurveyPlaces(RoomLimits.Read(ref from));
        from.End();
        return survey;
    }
}
