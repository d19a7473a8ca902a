namespace Isolation.Policy;

/// <summary>Reads what of the host payloads see: <c>lend</c>, <c>lend-credentials</c>, <c>images</c>, <c>binds</c>.</summary>
internal sealed class PlacesReader(ValueReader values, Findings findings)
{
    private static readonly Dictionary<string, bool> Allow = new() { ["no"] = false, ["allow"] = true };

    public Places Read(MapReader root)
    {
        var places = new Places(
            values.Paths(root.Optional("lend")), values.Choice(root.Optional("lend-credentials"), Allow) ?? true, values.Paths(root.Optional("binds")));
        MapReader images = MapReader.Of(root.Optional("images"), findings, "Write images: { allow: [host] }.");
        values.Distinct(values.Items(images.Optional("allow"), "images"), Image);
        images.Done();
        return places;
    }

    /// <summary><c>host</c>, or a path whose parts may hold <c>*</c> (within one part) and <c>**</c> (any number of parts).</summary>
    private string? Image(Node item)
    {
        if (values.Text(item, "an image") is not string text)
            return null;
        if (text == "host" || ValueReader.IsPlainPath(text))
            return text;
        findings.Fault(item, $"{Findings.Quote(text)} is not an image pattern",
            "Write host, or an absolute path; '*' stands for a part of a name and '**' for any number of directories.");
        return null;
    }
}
