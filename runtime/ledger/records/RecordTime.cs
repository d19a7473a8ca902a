using System.Globalization;
using System.Text.Unicode;

namespace Isolation.Ledger;

/// <summary>Times in records: ISO 8601 in UTC with microseconds, <c>2026-11-21T08:15:30.123456Z</c>.</summary>
internal static class RecordTime
{
    public const int Length = 27;

    public static void Format(DateTimeOffset time, Span<byte> text)
    {
        if (!Utf8.TryWrite(text, CultureInfo.InvariantCulture, $"{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}", out int written) || written != Length)
            throw new ArgumentOutOfRangeException(nameof(time), time, "not a time of four-digit years");
    }
}
