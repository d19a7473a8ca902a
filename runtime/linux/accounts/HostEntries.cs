using System.Text;

namespace Isolation.Linux;

/// <summary>The entries of the host's passwd or group (passwd(5), group(5)): name, password, number, and more.</summary>
public sealed class HostEntries(string[] lines)
{
    private readonly (string Line, string Name, string Number)[] _entries = [.. lines.Select(Entry)];

    /// <summary>The first name of a number; null where it has none.</summary>
    public string? NameOf(string number) => _entries.FirstOrDefault(entry => entry.Number == number).Name;

    /// <summary>All of them, each on its line, but those of a name or of a number.</summary>
    public string Without(string name, string number)
    {
        StringBuilder text = new();
        foreach ((string line, string itsName, string itsNumber) in _entries)
            if (itsName != name && itsNumber != number)
                text.Append(line).Append('\n');
        return text.ToString();
    }

    private static (string, string, string) Entry(string line) => line.Split(':') is [string name, _, string number, ..] ? (line, name, number) : (line, line, "");
}

/// <summary>Such a file, read again when it has changed.</summary>
public sealed class HostEntriesFile(string path)
{
    private const long Most = 8 << 20;

    // Time stamps move by the clock's tick, on some file systems once a second: a file that has just changed may change again and show the same.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);
    private static readonly HostEntries None = new([]);
    private volatile Known? _last;

    /// <summary>What is in it now; nothing where there is none, or one larger than anybody's.</summary>
    public HostEntries Now(TimeProvider clock)
    {
        // Opened each time: only then does a file server tell what the file is now.
        using Descriptor? file = Sys.TryOpen(null, Encoding.UTF8.GetBytes(path), Sys.O_RDONLY, 0, out _);
        if (file is null || Sys.StatusOf(file) is not { Kind: FileKind.Regular, Size: <= Most } now)
            return None;
        if (_last is Known known && IsSame(known.Status, now))
            return known.Entries;
        HostEntries read = new(Lines(file, now.Size));
        _last = IsSettled(now, clock) ? new Known(now, read) : null;
        return read;
    }

    // Latin-1 passes every byte as it is. What is added while it is read is the next one's.
    private static string[] Lines(Descriptor file, long size)
    {
        byte[] bytes = new byte[size];
        int length = 0;
        while (length < bytes.Length && Sys.Read(file, bytes.AsSpan(length)) is int count and > 0)
            length += count;
        string text = Encoding.Latin1.GetString(bytes, 0, length);
        return text.EndsWith('\n') ? text[..^1].Split('\n') : text.Length > 0 ? text.Split('\n') : [];
    }

    private static bool IsSettled(FileStatus status, TimeProvider clock)
        => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick - status.ChangedNanoseconds > Settled.Ticks * TimeSpan.NanosecondsPerTick;

    private static bool IsSame(FileStatus then, FileStatus now)
        => (then.Device, then.Inode, then.Size, then.ChangedNanoseconds) == (now.Device, now.Inode, now.Size, now.ChangedNanoseconds);

    private sealed record Known(FileStatus Status, HostEntries Entries);
}
