using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Reads what the site wants of a payload's place: <c>placement</c>, and the law <c>limits</c> beside it.</summary>
internal sealed class PlacementReader(ValueReader values, Findings findings)
{
    private static readonly PlacementProperties Everything = Properties(PlacementPropertyNames.All);

    /// <summary>The demand; the default one where the file says nothing.</summary>
    public PlacementDemand Read(Node? section, Node? law)
    {
        MapReader reader = MapReader.Of(section, findings, "Write placement: { must: [job-limits], want: [own-limits] }.");
        Node? mustNode = reader.Optional("must");
        Node? wantNode = reader.Optional("want");
        PlacementProperties must = mustNode is null ? PlacementDemand.Default.Must : Properties(Names(mustNode, "properties", "property", PlacementPropertyNames.All));
        PlacementProperties want = wantNode is null ? Everything & ~must : Properties(Names(wantNode, "properties", "property", PlacementPropertyNames.All));
        Ceilings mayLose = Names(reader.Optional("may-lose"), "ceilings", "ceiling", CeilingNames.All)
            .Aggregate(Ceilings.None, (set, name) => CeilingNames.TryParse(name, out Ceilings one) ? set | one : set);
        reader.Done();

        foreach (string both in (must & want).Names())
            findings.Fault(wantNode!, mustNode is null ? $"'{both}' must hold where 'must' is not written" : $"'{both}' is both in 'must' and in 'want'",
                mustNode is null ? "Take it out, or write 'must' as well." : "Keep it in one of the two.");
        return new PlacementDemand(must, want, mayLose, values.Choice(law, LimitLawNames.All) ?? PlacementDemand.Default.Limits);
    }

    private ImmutableArray<string> Names(Node? node, string many, string one, ImmutableArray<string> known) => values.Distinct(values.Items(node, many), item =>
    {
        if (values.Text(item, $"a {one}") is not string text)
            return null;
        if (known.Contains(text))
            return text;
        findings.Fault(item, $"unknown {one} {Findings.Quote(text)}", NearestName.Suggest(text, known));
        return null;
    });

    private static PlacementProperties Properties(ImmutableArray<string> names)
        => names.Aggregate(PlacementProperties.None, (set, name) => PlacementPropertyNames.TryParse(name, out PlacementProperties one) ? set | one : set);
}
