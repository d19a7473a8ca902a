using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Reads what of the host payloads see: <c>lend</c>, <c>lend-credentials</c>, <c>images</c>, <c>binds</c>.</summary>
internal sealed class PlacesReader(ValueReader values, Findings findings)
{
    private static readonly Dictionary<string, bool> Allow = new() { ["no"] = false, ["allow"] = true };

    public Places Read(MapReader root)
    {
        (ImmutableArray<string> lend, bool credentials, ImmutableArray<string> binds) = (
            values.Paths(root.Optional("lend")), values.Choice(root.Optional("lend-credentials"), Allow) ?? true, values.Paths(root.Optional("binds")));
        MapReader images = MapReader.Of(root.Optional("images"), findings, "Write images: { allow: [host] }.");
        ImmutableArray<ImagePattern>? allowed = Images(images.Optional("allow"));
        images.Done();
        return new Places(lend, credentials, binds, allowed ?? [ImagePattern.TryRead(ImagePattern.Host)!]);
    }

    /// <summary>A list of images: <c>host</c>, and paths whose names may hold <c>*</c>, or be <c>**</c> for any number of names.</summary>
    /// <returns>Null where there is none.</returns>
    public ImmutableArray<ImagePattern>? Images(Node? node) => node is null ? null : values.Distinct(values.Items(node, "images"), Image);

    private ImagePattern? Image(Node item)
    {
        if (values.Text(item, "an image") is not string text)
            return null;
        if (ImagePattern.TryRead(text) is ImagePattern pattern)
            return pattern;
        findings.Fault(item, $"{Findings.Quote(text)} is not an image pattern",
            "Write host, or an absolute path; '*' stands for a part of a name and '**' for any number of directories.");
        return null;
    }
}
