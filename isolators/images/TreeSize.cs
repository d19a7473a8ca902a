using Isolation.Linux;

namespace Isolation.Images;

/// <summary>What a tree takes on its file system.</summary>
/// <param name="Bytes">Bytes of its blocks.</param>
/// <param name="Files">Files and directories.</param>
/// <param name="IsTooDeep">It is deeper than anybody's, and was not looked at any further.</param>
public readonly record struct TreeSize(long Bytes, long Files, bool IsTooDeep)
{
    private const int MostDepth = 256; // each level holds a descriptor
    private const long Block = 512; // statx(2), stx_blocks

    /// <summary>Looks at a tree in which a stranger is writing: through no link, over no mount, and no longer than until it is too large.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="mostBytes">Bytes from which on it is too large.</param>
    /// <param name="mostFiles">Files from which on it is too large.</param>
    public static TreeSize Of(Descriptor root, long mostBytes, long mostFiles)
    {
        long device = Sys.StatusOf(root).Device;
        TreeSize size = default;
        Add(root, 0);
        return size;

        void Add(Descriptor directory, int depth)
        {
            DirectoryNames.Rewind(directory);
            for (List<byte[]> names = Some(directory); names.Count > 0; names = Some(directory))
            {
                foreach (byte[] name in names)
                {
                    if (size.IsTooDeep || size.Bytes > mostBytes || size.Files > mostFiles)
                        return;
                    if (Sys.TryStatusAt(directory, name, out _) is not FileStatus status)
                        continue; // it has just gone
                    size = size with { Bytes = size.Bytes + (status.Blocks * Block / (status.Kind == FileKind.Directory ? 1 : Math.Max(status.Links, 1))), Files = size.Files + 1 };
                    if (status.Kind != FileKind.Directory || status.Device != device)
                        continue;
                    size = size with { IsTooDeep = depth >= MostDepth };
                    using Descriptor? below = size.IsTooDeep ? null : Sys.TryOpen(directory, name, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out _);
                    if (below is not null)
                        Add(below, depth + 1);
                }
            }
        }
    }

    // One that has been removed meanwhile has no names any more.
    private static List<byte[]> Some(Descriptor directory)
    {
        try
        {
            return DirectoryNames.ReadSome(directory);
        }
        catch (SyscallException e) when (e.Errno == Errno.ENOENT)
        {
            return [];
        }
    }
}
