using System.Buffers.Text;

namespace Isolation.Cli;

/// <summary>Whole numbers of the command line: decimal digits only, no sign, nothing after them.</summary>
internal static class WholeNumber
{
    /// <summary>Reads one; false for anything else, and for what does not fit.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
        => Utf8Parser.TryParse(text, out value, out int consumed) && consumed == text.Length && text[0] is >= (byte)'0' and <= (byte)'9';

    /// <summary>Reads the digits a text begins with, and what follows them.</summary>
    public static bool TryParsePrefix(ReadOnlySpan<byte> text, out long value, out ReadOnlySpan<byte> rest)
    {
        int digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? text.Length : digits;
        rest = text[digits..];
        return TryParse(text[..digits], out value);
    }
}
