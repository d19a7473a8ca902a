using Isolation.Core;

namespace Isolation.Daemon;

/// <summary>What is to say of the place that a payload would get.</summary>
internal static class PlacementFindings
{
    private const string Topic = "placement";

    public static void Add(Diagnosis to, PlaceChoice choice, PlacementDemand demand)
    {
        if (choice.Taken is not { } taken)
        {
            to.Missing(Topic,
                "no position holds what policy wants: " + string.Join(". ", choice.Considered.Select(c => $"{c.Found.Position.Name()}: {c.WhyNot}")),
                Fixes(choice, "Under 'placement' in the policy file, move a property from 'must' to 'want', or name a ceiling under 'may-lose'."));
            return;
        }

        string name = taken.Position.Name();
        to.Holds(Topic, $"a payload would be at {name}, which holds {List(taken.Holds.Names(), "nothing")}");
        PlacementProperties without = demand.Want & ~taken.Holds;
        if (without != PlacementProperties.None)
        {
            to.Missing(Topic, $"{name} does not hold {List(without.Names(), "")}, which policy wants",
                Fixes(choice, $"If the site can do without, leave {List(without.Names(), "")} out of 'want' under 'placement' in the policy file."));
        }

        if (taken.Lost != Ceilings.None)
            to.Note(Topic, $"{name} leaves the pilot's {List(taken.Lost.Names(), "")} behind, as policy allows (placement.may-lose)");
        if (taken.NotEnforced != LimitKinds.None)
            to.Note(Topic, $"{name} does not enforce {List(taken.NotEnforced.Names(), "")}, as policy allows (limits: best-effort)", taken.Fix);
    }

    private static string Fixes(PlaceChoice choice, string otherwise)
        => string.Join(" Or: ", choice.Considered.Select(c => c.Found.Fix).Where(fix => fix.Length > 0).Distinct().Append(otherwise));

    private static string List(IReadOnlyList<string> names, string none) => names.Count == 0 ? none : string.Join(", ", names);
}
