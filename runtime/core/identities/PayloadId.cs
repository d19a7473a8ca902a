namespace Isolation.Core;

/// <summary>The name of one payload: a UUID of version 7 (RFC 9562), so that ids sort by the time of their request.</summary>
public readonly record struct PayloadId(Guid Value)
{
    /// <summary>A new id, stamped with the clock's time.</summary>
    public static PayloadId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

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
