using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Reads what the site wants of a payload's place: <c>placement</c>, and the law <c>limits</c> beside it.</summary>
internal sealed class PlacementReader(ValueReader values, Findings findings)
{
    /// <summary>The demand; the default one where the file says nothing.</summary>
    public PlacementDemand Read(Node? section, Node? law)
    {
        MapReader reader = MapReader.Of(section, findings, "Write placement: { must: [job-limits], want: [own-limits] }.");
        Node? mustNode = reader.Optional("must");
        Node? wantNode = reader.Optional("want");
        PlacementProperties must = mustNode is null ? PlacementDemand.Default.Must : Set(mustNode, "properties", "property", PlacementPropertyNames.Known);
        PlacementProperties want = wantNode is null ? PlacementPropertyNames.Known.All & ~must : Set(wantNode, "properties", "property", PlacementPropertyNames.Known);
        Ceilings mayLose = Set(reader.Optional("may-lose"), "ceilings", "ceiling", CeilingNames.Known);
        reader.Done();

        foreach (string both in (must & want).Names())
            findings.Fault(wantNode!, mustNode is null ? $"'{both}' must hold where 'must' is not written" : $"'{both}' is both in 'must' and in 'want'",
                mustNode is null ? "Take it out, or write 'must' as well." : "Keep it in one of the two.");
        return new PlacementDemand(must, want, mayLose, values.Choice(law, LimitLawNames.All) ?? PlacementDemand.Default.Limits);
    }

    private T Set<T>(Node? node, string many, string one, FlagNames<T> known)
        where T : struct, Enum
        => known.Set(Names(node, many, one, known.Names));

    private ImmutableArray<string> Names(Node? node, string many, string one, ImmutableArray<string> known) => values.Distinct(values.Items(node, many), item =>
    {
        if (values.Text(item, $"a {one}") is not string text)
            return null;
        if (known.Contains(text))
            return text;
        findings.Fault(item, $"unknown {one} {Findings.Quote(text)}", NearestName.Suggest(text, known));
        return null;
    });
}
