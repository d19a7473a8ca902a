using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli;

/// <summary>
/// The file of <c>--usage-file</c>, made and written with the caller's own rights. Each summary is written beside it under another name and then
/// renamed: who reads the file finds a whole one. For that it must be a regular file or none yet.
/// </summary>
internal sealed class UsageFile
{
    private readonly Descriptor _directory;
    private readonly byte[] _name;
    private readonly byte[] _newName;
    private long _askAt;

    private UsageFile(Descriptor directory, byte[] name, byte[] newName, long interval)
        => (_directory, _name, _newName, Interval) = (directory, name, newName, interval);

    private long Interval { get; }

    /// <summary>Opens its directory and tries it; null when none was asked for, or with a fault when it cannot be written.</summary>
    public static UsageFile? Open(RunOptions options, ICollection<string> faults)
    {
        if (options.UsageFile is not { } path)
            return null;
        string shown = Printable.Of(path.Span);
        int slash = path.Span.LastIndexOf((byte)'/');
        byte[] name = path.Span[(slash + 1)..].ToArray();
        ReadOnlySpan<byte> parent = slash < 0 ? "."u8 : path.Span[..(slash + 1)];
        const int place = Sys.O_RDONLY | Sys.O_DIRECTORY;
        if (name.Length == 0 || Sys.TryOpen(null, parent, place, 0, out int errno) is not Descriptor directory)
        {
            faults.Add($"--usage-file {shown} names no file in a directory that is there. Fix: name one.");
            return null;
        }

        if (Sys.TryStatusAt(directory, name, out _) is { Kind: not FileKind.Regular })
        {
            faults.Add($"--usage-file {shown} is there and no regular file. Fix: name a file, or one that does not exist.");
            directory.Dispose();
            return null;
        }

        UsageFile file = new(directory, name, [.. name, .. ".new"u8], options.UsageIntervalMilliseconds);
        if (file.Create(out errno) is not Descriptor trial)
        {
            faults.Add($"--usage-file {shown} cannot be made: {ErrnoText.Of(errno)}. Fix: name a file in a directory where you can write.");
            directory.Dispose();
            return null;
        }

        trial.Dispose();
        _ = Sys.TryUnlink(directory, file._newName, isDirectory: false, out _);
        return file;
    }

    /// <summary>How long until the next figures are to be asked for, milliseconds.</summary>
    public long MillisecondsToAsk => Math.Max(0, _askAt - Environment.TickCount64);

    /// <summary>They were asked for.</summary>
    public void Asked() => _askAt = Environment.TickCount64 + Interval;

    /// <summary>A running summary; one that cannot be written is left out.</summary>
    public void Write(ObservedUsage usage) => _ = TryWrite(figure => usage[(byte)figure] is >= 0 and long value ? value : null, out _);

    /// <summary>The same, from a frame.</summary>
    public void Write(JsonView usage) => _ = TryWrite(figure => usage[System.Text.Encoding.ASCII.GetBytes(figure.Name())].Number, out _);

    /// <summary>The last summary, from the usage that came with the ending; what goes wrong is told.</summary>
    public void WriteLast(JsonView usage)
    {
        if (usage.IsMissing || usage.IsNull)
            return; // it never ran
        if (!TryWrite(figure => usage[System.Text.Encoding.ASCII.GetBytes(figure.Name())].Number, out int errno))
            Output.Error($"isolation: --usage-file {Printable.Of(_name)} lacks the last summary: {ErrnoText.Of(errno)}.");
    }

    private bool TryWrite(Func<UsageFigure, long?> figure, out int errno)
    {
        using (Descriptor? target = Create(out errno))
        {
            if (target is null)
                return false;
            ReadOnlySpan<byte> rest = UsageSummary.Write(figure).Span;
            while (!rest.IsEmpty)
            {
                int written = Sys.TryWrite(target, rest, out errno);
                if (written < 0)
                    return false;
                rest = rest[written..];
            }
        }

        try
        {
            Sys.RenameAt(_directory, _newName, _directory, _name);
            return true;
        }
        catch (SyscallException e)
        {
            errno = e.Errno;
            return false;
        }
    }

    // O_EXCL after unlink: never through what somebody put there, and never into a file of which another has a descriptor.
    private Descriptor? Create(out int errno)
    {
        _ = Sys.TryUnlink(_directory, _newName, isDirectory: false, out _);
        return Sys.TryOpen(_directory, _newName, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_EXCL | Sys.O_NOFOLLOW, 0x1a4 /* 0644 */, out errno);
    }
}
