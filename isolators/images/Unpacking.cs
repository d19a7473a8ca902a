using System.Security.Cryptography;
using System.Text;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Images;

/// <summary>
/// The steps by which a packed image becomes a tree. What a stranger has written is read by <see cref="UnpackingChild"/>s alone; this process sees the bytes of a manifest,
/// of which it computes the digest, and a directory.
/// </summary>
/// <param name="tools">The programs.</param>
/// <param name="child">Runs them.</param>
/// <param name="room">Where they run.</param>
/// <param name="limits">How much they may take.</param>
internal sealed class Unpacking(ImageTools tools, UnpackingChild child, UnpackingRoom room, StoreLimits limits)
{
    private const string Tag = "image"; // in the layout that is made here
    private const string Tree = "bundle/rootfs"; // umoci-unpack(1)
    private static readonly TimeSpan LookTime = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What is true of the source as long as it is the same: a digest of its name and of what its file system tells of the file, its change time among it, which only time
    /// and root can set.
    /// </summary>
    /// <exception cref="UnusableImageException">It is not there, or may not be read.</exception>
    internal async Task<string> IdentifyAsync(ImageSource source)
    {
        string file = room.Source(source.Image.IsFile) + (source.Image.IsFile ? "" : "/index.json");
        Unpacked told = await child.RunAsync([tools.Stat, "-L", "-c", "%F %D:%i:%s:%.9Y:%.9Z", file], source, output: null, LookTime).ConfigureAwait(false);
        string status = Encoding.UTF8.GetString(told.Output);
        return status.StartsWith("regular", StringComparison.Ordinal)
            ? Digest(Encoding.UTF8.GetBytes($"{source.Image.Name}\0{status}"))
            : throw new UnusableImageException("it is no regular file");
    }

    /// <summary>Copies the image into a layout of one's own, whatever it is in, and tells its digest.</summary>
    internal async Task<string> CopyAsync(ImageSource source, Descriptor output)
    {
        RoomImage image = source.Image;
        string form = image.Form switch { ImageForm.Layout => "oci", ImageForm.LayoutArchive => "oci-archive", _ => "docker-archive" };
        string from = $"{form}:{room.Source(image.IsFile)}{(image.Tag is null ? "" : ":" + image.Tag)}";
        _ = await child.RunAsync([tools.Skopeo, "--insecure-policy", "--tmpdir", room.Output, "copy", "--quiet", from, Layout], source, output, limits.Time).ConfigureAwait(false);
        // Another program, and nobody that has read the source is left: what this says of the layout is what is in it.
        Unpacked manifest = await child.RunAsync([tools.Skopeo, "inspect", "--raw", Layout], source: null, output, limits.Time).ConfigureAwait(false);
        return Digest(manifest.Output);
    }

    /// <summary>Unpacks what was copied.</summary>
    /// <returns>The tree, below the directory that was written in, and what all of it takes.</returns>
    internal async Task<(string Tree, TreeSize Size)> UnpackAsync(Descriptor output)
    {
        Unpacked done = await child.RunAsync([tools.Umoci, "unpack", "--rootless", "--image", Layout["oci:".Length..], $"{room.Output}/bundle"], source: null, output, limits.Time).ConfigureAwait(false);
        return (Tree, done.Size);
    }

    private string Layout => $"oci:{room.Output}/layout:{Tag}";

    private static string Digest(byte[] text) => Convert.ToHexStringLower(SHA256.HashData(text));
}
