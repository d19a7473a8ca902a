using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Reads what of the host payloads see: <c>lend</c>, <c>lend-credentials</c>, <c>images</c>, <c>binds</c>.</summary>
/// <param name="hidden">What the site hides in rooms.</param>
/// <param name="values">Reads values.</param>
/// <param name="findings">Where faults are noted.</param>
internal sealed class PlacesReader(IReadOnlyCollection<string> hidden, ValueReader values, Findings findings)
{
    private static readonly Dictionary<string, bool> Allow = new() { ["no"] = false, ["allow"] = true };

    public Places Read(MapReader root)
    {
        (ImmutableArray<string> lend, bool credentials, ImmutableArray<string> binds) = (
            values.Paths(root.Optional("lend")), values.Choice(root.Optional("lend-credentials"), Allow) ?? true, values.Paths(root.Optional("binds")));
        MapReader images = MapReader.Of(root.Optional("images"), findings, "Write images: { allow: [host] }.");
        ImmutableArray<ImagePattern>? allowed = Images(images.Optional("allow"), lend);
        ImageCache cache = Cache(images.Optional("cache"));
        images.Done();
        return new Places(lend, credentials, binds, allowed ?? [ImagePattern.TryRead(ImagePattern.Host)!], cache);
    }

    private ImageCache Cache(Node? node)
    {
        MapReader cache = MapReader.Of(node, findings, "Write cache: { size: 50GiB, unused: 30d }.");
        ImageCache read = new(
            values.Size(cache.Optional("size"), mayBeNone: true) ?? ImageCache.DefaultBytes,
            (long)(values.Duration(cache.Optional("unused")) ?? TimeSpan.FromDays(ImageCache.DefaultUnusedDays)).TotalSeconds,
            values.Size(cache.Optional("image-size"), mayBeNone: false) ?? ImageCache.DefaultImageBytes,
            values.Count(cache.Optional("image-files"), ImageCache.MostFiles) ?? ImageCache.DefaultImageFiles,
            (long)(values.Duration(cache.Optional("time"), TimeSpan.FromDays(1)) ?? TimeSpan.FromMinutes(ImageCache.DefaultStepMinutes)).TotalSeconds);
        cache.Done();
        return read;
    }

    /// <summary>A list of images: <c>host</c>, and paths whose names may hold <c>*</c>, or be <c>**</c> for any number of names.</summary>
    /// <param name="node">The list.</param>
    /// <param name="lend">What pilots lend from, which is hidden, too.</param>
    /// <returns>Null where there is none.</returns>
    public ImmutableArray<ImagePattern>? Images(Node? node, ImmutableArray<string> lend) => node is null ? null : values.Distinct(values.Items(node, "images"), item => Image(item, lend));

    private ImagePattern? Image(Node item, ImmutableArray<string> lend)
    {
        if (values.Text(item, "an image") is not string text)
            return null;
        if (ImagePattern.TryRead(text) is ImagePattern pattern)
        {
            // An image is shown as it is on disk: what is hidden in the host's tree is not hidden in it.
            if (pattern.Text != ImagePattern.Host && pattern.Root == "/")
                findings.Fault(item, $"{Findings.Quote(text)} lets any directory of the host be an image", "Write at least one directory before the image's name, or before the first star: /images/**.");
            else if (hidden.Concat(lend).FirstOrDefault(pattern.MayShow) is string shown)
                findings.Fault(item, $"an image of {Findings.Quote(text)} could show {Findings.Quote(shown)}, which rooms do not", $"Keep images apart from it: they are looked for in {pattern.Root}, and links there are followed.");
            return pattern;
        }

        findings.Fault(item, $"{Findings.Quote(text)} is not an image pattern",
            "Write host, or an absolute path; '*' stands for a part of a name and '**' for any number of directories. Before images that are to be unpacked write oci:, oci-archive: or docker-archive:.");
        return null;
    }
}
