using System.Globalization;
using System.Text;

namespace Isolation.Linux;

/// <summary>
/// The kernel's log, /dev/kmsg (Documentation/ABI/testing/dev-kmsg), for those who may read it: root, and with kernel.dmesg_restrict only with
/// CAP_SYSLOG. It is a ring: what is old is overwritten, and the kernel writes of some things only now and then.
/// </summary>
public sealed class KernelLog : IDisposable
{
    private const int LongestRecord = 8192 + 512;
    private static readonly byte[] Path = "/dev/kmsg"u8.ToArray();
    private readonly Lock _reading = new();
    private readonly Descriptor? _file;
    private long _last = -1;

    private KernelLog(Descriptor? file) => _file = file;

    /// <summary>One that cannot be read.</summary>
    public static KernelLog None { get; } = new(null);

    /// <summary>Opens it; <see cref="None"/> where that is forbidden or there is none.</summary>
    public static KernelLog Open() => TryOpen() is Descriptor file ? new KernelLog(file) : None;

    /// <summary>The number of the newest record, to be asked for what comes after it; null when the log cannot be read.</summary>
    public long? Mark()
    {
        if (_file is null)
            return null;
        lock (_reading)
        {
            foreach ((long number, _) in Records(_file))
                _last = number;
            return _last;
        }
    }

    /// <summary>What the kernel itself has written since, oldest first, as far as it is still there and <paramref name="wanted"/>; null when the log cannot be read.</summary>
    public IReadOnlyList<string>? Since(long mark, Func<string, bool> wanted)
    {
        if (_file is null)
            return null;
        using Descriptor? file = TryOpen();
        return file is null ? null : [.. Records(file).Where(r => r.Number > mark && r.Message is not null && wanted(r.Message)).Select(r => r.Message!)];
    }

    /// <summary>Reads one record: <c>priority,number,time,flags;message</c>, and lines of properties. The message is null when it is not the kernel's own.</summary>
    public static (long Number, string? Message)? Parse(string record)
    {
        int text = record.IndexOf(';', StringComparison.Ordinal);
        string[] fields = text < 0 ? [] : record[..text].Split(',');
        if (fields.Length < 3 || !int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int priority)
            || !long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            return null;
        int end = record.IndexOf('\n', text);
        // Facility 0 is the kernel's: whoever writes into the log from outside cannot have it.
        return (number, priority >> 3 == 0 ? record[(text + 1)..(end < 0 ? record.Length : end)] : null);
    }

    /// <summary>Closes it.</summary>
    public void Dispose() => _file?.Dispose();

    private static Descriptor? TryOpen() => Sys.TryOpen(null, Path, Sys.O_RDONLY | Sys.O_NONBLOCK, 0, out _);

    private static IEnumerable<(long Number, string? Message)> Records(Descriptor file)
    {
        byte[] buffer = new byte[LongestRecord];
        while (true)
        {
            int length = Sys.TryRead(file, buffer, out int errno);
            if (length < 0 && errno == Errno.EPIPE)
                continue; // overwritten before it was read; the next one is the oldest that is left
            if (length <= 0)
                yield break;
            if (Parse(Encoding.UTF8.GetString(buffer, 0, length)) is { } record)
                yield return record;
        }
    }
}
