using System.Text;

namespace Isolation.Linux;

/// <summary>
/// Removes a tree that a stranger has written, as root: by descriptor, one name at a time, no link followed, no mount crossed,
/// bounded in time. Nobody may be writing there any more.
/// </summary>
public static class TreeRemoval
{
    // Deeper trees exist only to exhaust whoever removes them: each level holds one descriptor. What lies deeper is moved to the top.
    private const int MaxDepth = 128;

    /// <summary>Removes everything below an open directory.</summary>
    /// <returns>What could not be removed, or null.</returns>
    public static string? RemoveContent(Descriptor directory, DateTimeOffset deadline, TimeProvider clock)
        => new Removal(directory, deadline, clock).Content(directory, 0);

    private sealed class Removal(Descriptor top, DateTimeOffset deadline, TimeProvider clock)
    {
        private readonly long _device = Sys.StatusOf(top).Device;
        private long _moved;

        internal string? Content(Descriptor directory, int depth)
        {
            Sys.SetOwner(directory, 0, 0, "a directory to be removed"); // whoever holds a descriptor of it makes nothing new in it
            Sys.SetMode(directory, 0x1c0, "a directory to be removed");
            string? first = null;
            bool progress = true;
            while (progress && first is null)
            {
                progress = false;
                DirectoryNames.Rewind(directory);
                for (List<byte[]> names = DirectoryNames.ReadSome(directory); names.Count > 0; names = DirectoryNames.ReadSome(directory))
                {
                    foreach (byte[] name in names)
                    {
                        if (clock.GetUtcNow() > deadline)
                            return "the time for it was over";
                        string? failure = Name(directory, name, depth);
                        progress |= failure is null;
                        first ??= failure;
                    }
                }
            }

            return first;
        }

        private string? Name(Descriptor directory, byte[] name, int depth)
        {
            if (Sys.TryUnlink(directory, name, isDirectory: false, out int errno))
                return null;
            if (errno != Errno.EISDIR)
                return Told(name, errno);
            if (Sys.TryUnlink(directory, name, isDirectory: true, out errno))
                return null;
            if (depth >= MaxDepth)
                return TryMoveToTop(directory, name);
            using Descriptor? below = Sys.TryOpen(directory, name, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out errno);
            if (below is null)
                return Told(name, errno);
            if (Sys.StatusOf(below).Device != _device)
                return $"{Core.PrintableText.Of(name)}: another file system is mounted there";
            return Content(below, depth + 1) ?? (Sys.TryUnlink(directory, name, isDirectory: true, out errno) ? null : Told(name, errno));
        }

        // The top is read again as long as there is progress, and so finds it.
        private string? TryMoveToTop(Descriptor directory, byte[] name)
        {
            try
            {
                Sys.RenameAt(directory, name, top, Encoding.ASCII.GetBytes($".deep-{Guid.NewGuid():N}-{_moved++}"));
                return null;
            }
            catch (SyscallException e)
            {
                return $"more than {MaxDepth} directories deep: {e.Message}";
            }
        }

        private static string Told(byte[] name, int errno) => $"{Core.PrintableText.Of(name)}: {ErrnoText.Of(errno)}";
    }
}
