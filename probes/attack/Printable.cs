using System.Globalization;
using System.Text;

namespace Isolation.Probes;

/// <summary>Bytes of strangers as text that can be shown on a terminal and in a page: printable ASCII, everything else as \xNN, cut.</summary>
internal static class Printable
{
    private const int Most = 400;

    /// <summary>The text.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new();
        foreach (byte b in bytes)
        {
            if (text.Length >= Most)
                return text.Append('…').ToString();
            if (b is >= 0x20 and < 0x7f)
                text.Append((char)b);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }

        return text.ToString();
    }

    /// <summary>The same of a text.</summary>
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text.Replace("…", "...", StringComparison.Ordinal)));
}
