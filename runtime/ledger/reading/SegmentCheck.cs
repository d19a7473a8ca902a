using System.Globalization;

namespace Isolation.Ledger;

/// <summary>Reads a segment back after an I/O error.</summary>
internal static class SegmentCheck
{
    /// <summary>Null when every line up to <paramref name="bytes"/> is sound and chained; otherwise what is wrong.</summary>
    public static string? ReadBack(string path, long bytes)
    {
        try
        {
            using var scanner = new SegmentScanner(path, bytes);
            ReadOnlyMemory<byte> before = default;
            while (scanner.Next())
            {
                ReadOnlySpan<byte> line = scanner.Line.Span;
                if (!LineFormat.IsSound(line) || (!before.IsEmpty && !LineFormat.PrevOf(line).SequenceEqual(before.Span)))
                    return string.Create(CultureInfo.InvariantCulture, $"damaged before byte {scanner.Position}");
                before = LineFormat.HashOf(line).ToArray();
            }

            return scanner.Position == bytes ? null : string.Create(CultureInfo.InvariantCulture, $"only {scanner.Position} of its bytes can be read as records");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {e.Message}";
        }
    }
}
