using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>The command's file: found and opened with the payload's rights and no more, and digested. On a <see cref="FileThread"/>.</summary>
internal static class CommandFile
{
    private const long MaxDigested = 256L << 20;
    private const long ProcFileSystem = 0x9fa0;

    // File systems whose ctime follows the content, so that a digest may be remembered (statfs(2)). Not tmpfs: what is written
    // through a mapping there never moves the ctime.
    private static readonly long[] LocalFileSystems =
        [0xef53 /* ext */, 0x58465342 /* xfs */, 0x9123683e /* btrfs */, 0xf2f52010 /* f2fs */, 0x73717368 /* squashfs */, 0xe0f5e1e2 /* erofs */];

    /// <summary>Looks for it, after giving the calling thread the payload's rights, for good.</summary>
    internal static ResolvedFile Resolve(Command command, EnterCell enter)
    {
        try
        {
            ThreadIdentity.BecomeForFiles(enter.Uid, enter.Gid, [.. enter.Groups]);
            return Resolve(command);
        }
        catch (IOException e)
        {
            return new ResolvedFile(NotUsable(ResolutionOutcome.CommandNotUsable, 0, e.Message), null);
        }
        finally
        {
            _ = Sys.TryChangeDirectory("/"u8); // the thread lives on, and would keep a payload's file system busy
        }
    }

    /// <summary>The SHA-256 of what it contains.</summary>
    internal static News.Digested Digest(Descriptor? file, FileIdentity identity)
    {
        try
        {
            return Read(file, identity);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException) // closed by who did not wait for so long
        {
            return new News.Digested([], e.Message);
        }
    }

    private static ResolvedFile Resolve(Command command)
    {
        int errno = IsOfTheResident(command.Directory.Span) ? Errno.EACCES : Sys.TryChangeDirectory(command.Directory.Span);
        if (errno == 0 && LeadsToTheResident("."u8))
            errno = Errno.EACCES;
        if (errno != 0)
            return new ResolvedFile(NotUsable(ResolutionOutcome.DirectoryNotUsable, errno, Core.PrintableText.Of(command.Directory.Span)), null);

        ReadOnlySpan<byte> name = command.Arguments[0].Span;
        if (name.IsEmpty)
            return new ResolvedFile(NotUsable(ResolutionOutcome.CommandNotUsable, Errno.ENOENT, "an empty name"), null);
        if (name.Contains((byte)'/'))
            return Look(name.ToArray(), ref errno) ?? new ResolvedFile(NotUsable(ResolutionOutcome.CommandNotUsable, errno, Core.PrintableText.Of(name)), null);

        // As execvp(3): the first that can be executed; a refusal is remembered, an absence is not.
        errno = Errno.ENOENT;
        foreach (Range part in command.SearchPath().Split((byte)':'))
        {
            ReadOnlySpan<byte> directory = command.SearchPath()[part];
            int seen = Errno.ENOENT;
            if (directory.StartsWith("/"u8) && Look([.. directory, (byte)'/', .. name], ref seen) is ResolvedFile found)
                return found;
            if (seen == Errno.EACCES)
                errno = seen;
        }

        return new ResolvedFile(NotUsable(ResolutionOutcome.CommandNotUsable, errno, Core.PrintableText.Of(name) + " in PATH"), null);
    }

    private static ResolvedFile? Look(byte[] path, ref int errno)
    {
        errno = path.Length >= 4096 ? 36 /* ENAMETOOLONG */ : IsOfTheResident(path) ? Errno.EACCES : Sys.TryMayExecute(path);
        if (errno != 0)
            return null;
        using Descriptor? place = Sys.TryOpen(null, path, Sys.O_PATH, 0, out errno);
        if (place is null)
            return null;
        FileStatus status = Sys.StatusOf(place);
        if (status.Kind != FileKind.Regular)
        {
            errno = Errno.EACCES; // as execve(2) answers
            return null;
        }

        // Non-blocking: what was a file a moment ago may be a pipe now.
        Descriptor? file = Sys.TryOpen(null, path, Sys.O_RDONLY | Sys.O_NONBLOCK | Sys.O_NOCTTY, 0, out _);
        if (file is not null)
            status = Sys.StatusOf(file);
        bool local = file is not null && LocalFileSystems.Contains(Sys.FileSystemType(file));
        var identity = new FileIdentity(status.Device, status.Inode, status.Size, status.ChangedNanoseconds, status.Kind == FileKind.Regular, local);
        return new ResolvedFile(new CellResolution(ResolutionOutcome.Resolved, path, identity, 0, 0, ""), file);
    }

    // This thread is one of cell-init, to which its own entries in /proc are open: whatever is asked for there, the answer is the same.
    private static bool IsOfTheResident(ReadOnlySpan<byte> path) => path.StartsWith("/proc/"u8) || path.SequenceEqual("/proc"u8);

    private static bool LeadsToTheResident(ReadOnlySpan<byte> path)
    {
        using Descriptor? place = Sys.TryOpen(null, path, Sys.O_RDONLY | Sys.O_DIRECTORY, 0, out _);
        return place is not null && Sys.FileSystemType(place) == ProcFileSystem;
    }

    private static CellResolution NotUsable(ResolutionOutcome outcome, int errno, string detail)
        => new(outcome, [], default, errno, 0, detail.Length > 400 ? detail[..400] : detail);

    private static News.Digested Read(Descriptor? file, FileIdentity identity)
    {
        if (file is null)
            return new News.Digested([], "not readable by the payload account");
        if (!identity.IsRegular)
            return new News.Digested([], "not a regular file");
        if (identity.Size > MaxDigested)
            return new News.Digested([], $"larger than {MaxDigested} bytes");
        Sha256 hash = new();
        byte[] buffer = new byte[128 << 10];
        long total = 0;
        for (int count = Sys.Read(file, buffer); count > 0 && total <= MaxDigested; count = Sys.Read(file, buffer))
        {
            hash.Append(buffer.AsSpan(0, count));
            total += count;
        }

        return total > MaxDigested ? new News.Digested([], "it grew while it was read") : new News.Digested(hash.Finish(), "");
    }
}

/// <summary>What was found; the open file, if it could be read, is the receiver's to dispose.</summary>
internal sealed record ResolvedFile(CellResolution Resolution, Descriptor? File);
