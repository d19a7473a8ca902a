using System.Globalization;
using System.Text;

namespace Isolation.Cli;

/// <summary>Words of others, safe for a terminal: what would move the cursor or turn the text around is shown as \xNN or \uNNNN.</summary>
internal static class Printable
{
    /// <summary>The printable form of text.</summary>
    public static string Of(string text)
    {
        int first = 0;
        while (first < text.Length && !IsDangerous(text[first]))
            first++;
        if (first == text.Length)
            return text;
        StringBuilder safe = new(text, 0, first, text.Length + 16);
        foreach (char c in text.AsSpan(first))
        {
            if (!IsDangerous(c))
                safe.Append(c);
            else
                safe.Append(c < 0x100 ? @"\x" : @"\u").Append(((int)c).ToString(c < 0x100 ? "x2" : "x4", CultureInfo.InvariantCulture));
        }

        return safe.ToString();
    }

    /// <summary>The printable form of bytes that should be UTF-8.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Of(Encoding.UTF8.GetString(bytes));

    // Control characters, and the format characters that hide or reorder text.
    private static bool IsDangerous(char c)
        => char.IsControl(c) || c is (>= '\u200b' and <= '\u200f') or (>= '\u2028' and <= '\u202e') or (>= '\u2060' and <= '\u206f') or '\ufeff';
}
