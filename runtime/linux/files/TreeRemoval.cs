namespace Isolation.Linux;

/// <summary>
/// Removes a tree that a stranger has written, as root: by descriptor, one name at a time, no link followed, no mount crossed,
/// bounded in time. Nobody may be writing there any more.
/// </summary>
public static class TreeRemoval
{
    // Deeper trees exist only to exhaust whoever removes them; each level holds one descriptor.
    private const int MaxDepth = 512;

    /// <summary>Removes everything below an open directory.</summary>
    /// <returns>What could not be removed, or null.</returns>
    public static string? RemoveContent(Descriptor directory, DateTimeOffset deadline, TimeProvider clock)
        => RemoveContent(directory, Sys.StatusOf(directory).Device, 0, deadline, clock);

    private static string? RemoveContent(Descriptor directory, long device, int depth, DateTimeOffset deadline, TimeProvider clock)
    {
        if (depth > MaxDepth)
            return $"more than {MaxDepth} directories deep";
        string? first = null;
        bool progress = true;
        while (progress)
        {
            progress = false;
            DirectoryNames.Rewind(directory);
            for (List<byte[]> names = DirectoryNames.ReadSome(directory); names.Count > 0; names = DirectoryNames.ReadSome(directory))
            {
                foreach (byte[] name in names)
                {
                    if (clock.GetUtcNow() > deadline)
                        return "the time for it was over";
                    string? failure = RemoveName(directory, name, device, depth, deadline, clock);
                    progress |= failure is null;
                    first ??= failure;
                }
            }

            if (first is not null)
                return first;
        }

        return null;
    }

    private static string? RemoveName(Descriptor directory, byte[] name, long device, int depth, DateTimeOffset deadline, TimeProvider clock)
    {
        if (Sys.TryUnlink(directory, name, isDirectory: false, out int errno))
            return null;
        if (errno != Errno.EISDIR)
            return $"{Core.PrintableText.Of(name)}: {ErrnoText.Of(errno)}";
        if (Sys.TryUnlink(directory, name, isDirectory: true, out errno))
            return null;
        using Descriptor? below = Sys.TryOpen(directory, name, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out errno);
        if (below is null)
            return $"{Core.PrintableText.Of(name)}: {ErrnoText.Of(errno)}";
        if (Sys.StatusOf(below).Device != device)
            return $"{Core.PrintableText.Of(name)}: another file system is mounted there";
        return RemoveContent(below, device, depth + 1, deadline, clock)
            ?? (Sys.TryUnlink(directory, name, isDirectory: true, out errno) ? null : $"{Core.PrintableText.Of(name)}: {ErrnoText.Of(errno)}");
    }
}
