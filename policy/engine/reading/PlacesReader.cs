using System.Collections.Immutable;

namespace Isolation.Policy;

/// <summary>Reads where payloads may be and what of the host they see: <c>placement</c>, <c>lend</c>, <c>images</c>, <c>binds</c>.</summary>
internal sealed class PlacesReader(ValueReader values, Findings findings)
{
    internal const string JobLimits = "job-limits";
    internal const string JobAccounting = "job-accounting";

    private static readonly string[] Words = [JobLimits, JobAccounting, "own-limits", "cgroup-proof"];

    /// <summary>What must hold of a payload's position; job-limits where the file says nothing.</summary>
    public ImmutableArray<string> Placement(Node? node)
    {
        MapReader reader = MapReader.Of(node, findings, "Write placement: { must: [job-limits], want: [own-limits] }.");
        Node? mustNode = reader.Optional("must");
        ImmutableArray<string> must = Properties(mustNode);
        Node? want = reader.Optional("want");
        foreach (string both in Properties(want).Intersect(must))
            findings.Fault(want!, $"'{both}' is both in 'must' and in 'want'", "Keep it in one of the two.");
        reader.Done();
        return mustNode is null ? [JobLimits] : must;
    }

    public void Others(MapReader root)
    {
        values.Paths(root.Optional("lend"));
        values.Paths(root.Optional("binds"));
        MapReader images = MapReader.Of(root.Optional("images"), findings, "Write images: { allow: [host] }.");
        values.Distinct(values.Items(images.Optional("allow"), "images"), Image);
        images.Done();
    }

    private ImmutableArray<string> Properties(Node? node) => values.Distinct(values.Items(node, "properties"), item =>
    {
        if (values.Text(item, "a property") is not string text)
            return null;
        if (Words.Contains(text))
            return text;
        findings.Fault(item, $"unknown property {Findings.Quote(text)}", NearestName.Suggest(text, Words));
        return null;
    });

    /// <summary><c>host</c>, or a path whose parts may hold <c>*</c> (within one part) and <c>**</c> (any number of parts).</summary>
    private string? Image(Node item)
    {
        if (values.Text(item, "an image") is not string text)
            return null;
        if (text == "host" || ValueReader.IsPlainPath(text))
            return text;
        findings.Fault(item, $"{Findings.Quote(text)} is not an image pattern", "Write host, or an absolute path; '*' stands for a part of a name and '**' for any number of directories.");
        return null;
    }
}
