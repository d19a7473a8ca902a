using System.Text;
using System.Text.Json;

namespace Isolation.Ledger;

/// <summary>
/// Text cut to a number of bytes as it will stand in JSON, escapes included, so that the size of a record is bounded whatever
/// a stranger put into it. What is cut ends in an ellipsis.
/// </summary>
internal static class BoundedText
{
    private const int EllipsisCost = 6;

    /// <summary>Writes a member whose value takes at most <paramref name="budget"/> bytes between its quotes.</summary>
    public static void Text(this Utf8JsonWriter json, string name, string value, int budget) => json.WriteString(name, Cut(value, budget, out _));

    /// <summary>The text, cut if it must be, and an upper bound of the bytes it takes.</summary>
    public static string Cut(string text, int budget, out int cost)
    {
        cost = 0;
        int position = 0;
        int cutAt = 0;
        bool sound = true;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int next = Cost(rune);
            if (cost + next > budget)
                return Replaced(text.AsSpan(0, cutAt)) + "…";
            if (cost + next <= budget - EllipsisCost)
                cutAt = position + rune.Utf16SequenceLength;
            sound &= rune != Rune.ReplacementChar;
            cost += next;
            position += rune.Utf16SequenceLength;
        }

        return sound ? text : Replaced(text);
    }

    // A lone surrogate cannot be written as UTF-8.
    private static string Replaced(ReadOnlySpan<char> text)
    {
        StringBuilder sound = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            sound.Append(rune.ToString());
        return sound.ToString();
    }

    private static int Cost(Rune rune) => rune.Value switch
    {
        '"' or '\\' => 2,
        >= 0x20 and < 0x7f => 1,
        < 0x10000 => 6,
        _ => 12,
    };
}
