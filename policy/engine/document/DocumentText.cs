using System.Buffers;
using System.Text;

namespace Isolation.Policy;

/// <summary>Turns the bytes of a file into text that means the same to a person and to the YAML scanner.</summary>
internal static class DocumentText
{
    /// <summary>Larger than any policy anybody writes; small enough that the worst file is checked within seconds.</summary>
    internal const int MostBytes = 1024 * 1024;

    /// <summary>The text, or null after telling why there is none.</summary>
    public static string? Read(ReadOnlySpan<byte> file, Findings findings)
    {
        if (file.Length > MostBytes)
        {
            findings.Fault(new Place(1, 1), "", $"the file has {file.Length} bytes; more than {MostBytes} are not read", "Shorten the file to 1 MiB or less.");
            return null;
        }

        if (file.StartsWith(Encoding.UTF8.Preamble))
            file = file[Encoding.UTF8.Preamble.Length..];

        StringBuilder text = new(file.Length);
        Place at = new(1, 1);
        while (!file.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(file, out Rune rune, out int length) != OperationStatus.Done)
            {
                findings.Fault(at, "", $"the byte 0x{file[0]:x2} is not UTF-8", "Save the file as UTF-8.");
                return null;
            }

            if (IsRefused(rune))
            {
                findings.Fault(at, "", $"the character U+{rune.Value:X4} cannot be in a policy file", "Remove it; only printable characters, spaces, tabs and line ends may be there.");
                return null;
            }

            bool ends = rune.Value == '\n' || (rune.Value == '\r' && (file.Length == 1 || file[1] != '\n'));
            at = ends ? new Place(at.Line + 1, 1) : at with { Column = at.Column + rune.Utf16SequenceLength };
            text.Append(rune.ToString());
            file = file[length..];
        }

        return text.ToString();
    }

    /// <summary>
    /// Control characters, and what the scanner takes for an end of line and an editor does not (or the other way round):
    /// a NUL ends the scanner's input, so that what follows would be in the file and not in the policy. Formatting characters
    /// can show a reader another text than is there.
    /// </summary>
    internal static bool IsRefused(Rune rune)
        => rune.Value is not ('\n' or '\r' or '\t')
            && (Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator);
}
