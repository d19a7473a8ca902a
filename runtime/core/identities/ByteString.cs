using System.Text;

namespace Isolation.Core;

/// <summary>
/// Bytes that the kernel treats as a string (an argument, a path, an environment entry): no encoding is assumed.
/// Holds no NUL byte: <see cref="TryFrom"/> refuses one.
/// </summary>
public readonly struct ByteString : IEquatable<ByteString>
{
    private readonly byte[]? _bytes;

    private ByteString(byte[] bytes) => _bytes = bytes;

    /// <summary>The bytes, without a terminating NUL.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>The number of bytes.</summary>
    public int Length => _bytes?.Length ?? 0;

    /// <summary>UTF-8 text as bytes.</summary>
    /// <exception cref="ArgumentException">The text holds a NUL.</exception>
    public static ByteString FromText(string text)
        => TryFrom(Encoding.UTF8.GetBytes(text), out ByteString value) ? value : throw new ArgumentException("the text holds a NUL", nameof(text));

    /// <summary>Takes over <paramref name="bytes"/>; false when they hold a NUL, which no argument or path can.</summary>
    public static bool TryFrom(byte[] bytes, out ByteString value)
    {
        bool valid = Array.IndexOf(bytes, (byte)0) < 0;
        value = valid ? new ByteString(bytes) : default;
        return valid;
    }

    /// <summary>True for a path below a directory, by its letters alone.</summary>
    /// <param name="directory">The directory, without a slash at its end.</param>
    public bool IsBelow(string directory)
    {
        byte[] above = Encoding.UTF8.GetBytes(directory);
        return Length > above.Length + 1 && Span.StartsWith(above) && Span[above.Length] == (byte)'/';
    }

    /// <summary>For people and logs: UTF-8 where it is, \xNN for every other byte and for control characters.</summary>
    public override string ToString() => PrintableText.Of(Span);

    /// <inheritdoc/>
    public bool Equals(ByteString other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ByteString other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = new();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Same bytes.</summary>
    public static bool operator ==(ByteString left, ByteString right) => left.Equals(right);

    /// <summary>Other bytes.</summary>
    public static bool operator !=(ByteString left, ByteString right) => !left.Equals(right);
}
