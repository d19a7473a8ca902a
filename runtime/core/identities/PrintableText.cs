using System.Buffers;
using System.Globalization;
using System.Text;

namespace Isolation.Core;

/// <summary>Makes bytes of a stranger safe to print and to log: valid UTF-8 stays, everything else becomes \xNN.</summary>
public static class PrintableText
{
    /// <summary>The printable form of <paramref name="bytes"/>. A backslash is doubled, so that the form is unambiguous.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            bool whole = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done;
            if (whole && rune.Value == '\\')
                text.Append(@"\\");
            else if (whole && !Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))
                text.Append(rune.ToString());
            else
                for (int i = 0; i < length; i++)
                    text.Append(CultureInfo.InvariantCulture, $@"\x{bytes[i]:x2}");
            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>The printable form of a string of a stranger.</summary>
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));
}
