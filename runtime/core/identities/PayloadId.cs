namespace Isolation.Core;

/// <summary>The name of one payload: a UUID of version 7 (RFC 9562), so that ids sort by the time of their request.</summary>
public readonly record struct PayloadId(Guid Value)
{
    /// <summary>A new id, stamped with the clock's time.</summary>
    public static PayloadId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    /// <summary>When it was given, to the millisecond: the first 48 bits (RFC 9562, section 5.7).</summary>
    public DateTimeOffset Time
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            Value.TryWriteBytes(bytes, bigEndian: true, out _);
            long milliseconds = 0;
            foreach (byte one in bytes[..6])
                milliseconds = milliseconds << 8 | one;
            return DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(milliseconds, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
        }
    }

    /// <summary>Reads the 36-character form; false for anything else.</summary>
    public static bool TryParse(string? text, out PayloadId id)
    {
        bool read = Guid.TryParseExact(text, "D", out Guid value);
        id = new PayloadId(value);
        return read;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
