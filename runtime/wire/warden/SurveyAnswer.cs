namespace Isolation.Wire;

/// <summary>Body of the answer to <see cref="WardenOperation.Survey"/>: what each position would hold for the client.</summary>
public sealed record SurveyedPlaces(SurveyedPlace[] Places)
{
    private const int Most = 8;

    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to)
    {
        to.U32((uint)Places.Length);
        foreach (SurveyedPlace place in Places)
            to.U8(place.Position).U8(place.Holds).U8(place.Lost).U32(place.NotEnforced).Text(place.Why).Text(place.Fix).Flag(place.IsPossible);
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static SurveyedPlaces Read(MessageReader from)
    {
        var places = new SurveyedPlace[from.Count(Most)];
        for (int i = 0; i < places.Length; i++)
            places[i] = new SurveyedPlace(from.U8(), from.U8(), from.U8(), (ushort)from.Count(ushort.MaxValue), from.Text(WardenProtocol.MaxText), from.Text(WardenProtocol.MaxText), from.Flag());
        from.End();
        return new SurveyedPlaces(places);
    }
}

/// <summary>One position. The numbers are those of Core's Position, PlacementProperties, Ceilings and LimitKinds.</summary>
/// <param name="Position">Which.</param>
/// <param name="Holds">What would hold.</param>
/// <param name="Lost">Ceilings left behind.</param>
/// <param name="NotEnforced">Limits that could not be set.</param>
/// <param name="Why">What was tried and seen, or empty.</param>
/// <param name="Fix">What would mend that, or empty.</param>
/// <param name="IsPossible">A leaf could be made and removed.</param>
public readonly record struct SurveyedPlace(byte Position, byte Holds, byte Lost, ushort NotEnforced, string Why, string Fix, bool IsPossible);
