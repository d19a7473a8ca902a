namespace Isolation.Wire;

/// <summary>Body of <see cref="WardenOperation.Survey"/>. With it comes the client's pidfd.</summary>
/// <param name="Limits">The limits to try.</param>
/// <param name="HasOwnProcesses">The room would have a pid namespace of its own.</param>
public sealed record SurveyPlaces(RoomLimits Limits, bool HasOwnProcesses)
{
    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to)
    {
        Limits.Write(to);
        to.Flag(HasOwnProcesses);
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static SurveyPlaces Read(MessageReader from)
    {
        var survey = new SurveyPlaces(RoomLimits.Read(ref from), from.Flag());
        from.End();
        return survey;
    }
}
