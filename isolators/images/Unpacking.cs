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
    private const string Tag = "image", LayoutName = "layout"; // what is made here
    private const string Tree = "bundle/rootfs"; // umoci-unpack(1)
    private static readonly TimeSpan LookTime = TimeSpan.FromSeconds(10);

    // Of a file that it has opened: who may not read it, gets nothing that was unpacked from it.
    private const string Look = """if [ -f "$1" ] && [ ! -L "$1" ]; then stat -c "file %D:%i:%s:%.9Y:%.9Z" - < "$1" || exit 1; fi""";

    /// <summary>
    /// What is true of the source as long as it is the same: a digest of its name and of what its file system tells of the file (of a layout, of its index), its change time
    /// among it, which only time and root can set.
    /// </summary>
    /// <exception cref="UnusableImageException">It is not there, or may not be read.</exception>
    internal async Task<string> IdentifyAsync(ImageSource source)
    {
        string file = room.Source(source.Image.IsFile) + (source.Image.IsFile ? "" : "/index.json");
        Unpacked told = await child.RunAsync([tools.Shell, "-c", Look, "sh", file], source, output: null, LookTime).ConfigureAwait(false);
        string status = Encoding.UTF8.GetString(told.Output);
        return status.StartsWith("file ", StringComparison.Ordinal)
            ? Digest(Encoding.UTF8.GetBytes($"{source.Image.Name}\0{status}"))
            : throw new UnusableImageException(source.Image.IsFile ? "it is no regular file" : "it has no index.json that is a regular file");
    }

    /// <summary>Copies the image into a layout of one's own, whatever it is in, and tells its digest.</summary>
    internal async Task<string> CopyAsync(ImageSource source, Descriptor output)
    {
        RoomImage image = source.Image;
        string form = image.Form switch { ImageForm.Layout => "oci", ImageForm.LayoutArchive => "oci-archive", _ => "docker-archive" };
        string from = $"{form}:{room.Source(image.IsFile)}{(image.Tag is null ? "" : ":" + image.Tag)}";
        string[] kept = image.Form == ImageForm.DockerArchive ? [] : ["--preserve-digests"]; // which has no manifest: one is made of it
        _ = await child.RunAsync([tools.Skopeo, "--insecure-policy", "--tmpdir", room.Output, "copy", "--quiet", .. kept, from, Layout], source, output, limits.Time).ConfigureAwait(false);
        // Another program, and nobody that has read the source is left.
        Unpacked manifest = await child.RunAsync([tools.Skopeo, "inspect", "--raw", Layout], source: null, output, limits.Time).ConfigureAwait(false);
        string digest = Digest(manifest.Output);
        WriteIndex(output, digest, manifest.Output.Length);
        return digest;
    }

    // What is unpacked is what has this digest, whatever else is in the layout: from it on downwards umoci compares the digests of all that it reads.
    private static void WriteIndex(Descriptor output, string digest, int length)
    {
        using Descriptor layout = Sys.TryOpenBeneath(output, Encoding.ASCII.GetBytes(LayoutName), Sys.O_RDONLY | Sys.O_DIRECTORY, 0, out int errno) ?? throw new SyscallException("open", LayoutName, errno);
        _ = Sys.TryUnlink(layout, "index.json"u8, isDirectory: false, out _);
        using Descriptor index = Sys.Open(layout, "index.json", Sys.O_WRONLY | Sys.O_CREAT | Sys.O_EXCL | Sys.O_NOFOLLOW, 0x1a4);
        Sys.WriteAll(index, Encoding.ASCII.GetBytes(
            $$$"""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{{{digest}}}","size":{{{length}}},"annotations":{"org.opencontainers.image.ref.name":"{{{Tag}}}"}}]}"""));
    }

    /// <summary>Unpacks what was copied.</summary>
    /// <returns>The tree, below the directory that was written in, and what it takes.</returns>
    internal async Task<(string Tree, TreeSize Size)> UnpackAsync(Descriptor output)
    {
        _ = await child.RunAsync([tools.Umoci, "unpack", "--rootless", "--image", Layout["oci:".Length..], $"{room.Output}/bundle"], source: null, output, limits.Time).ConfigureAwait(false);
        using Descriptor tree = Sys.TryOpenBeneath(output, Encoding.ASCII.GetBytes(Tree), Sys.O_RDONLY | Sys.O_DIRECTORY, 0, out int errno) ?? throw new SyscallException("open", Tree, errno);
        return (Tree, TreeSize.Of(tree, long.MaxValue, long.MaxValue));
    }

    private string Layout => $"oci:{room.Output}/{LayoutName}:{Tag}";

    private static string Digest(byte[] text) => Convert.ToHexStringLower(SHA256.HashData(text));
}
