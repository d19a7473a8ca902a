using System.Globalization;

namespace Isolation.Cli;

/// <summary>Durations as people write them: numbers with ms, s, m, h or d, the larger first: <c>10m</c>, <c>1h30m</c>, <c>2d</c>.</summary>
internal static class DurationText
{
    private const long MostMilliseconds = 10_000 * 86_400_000L;

    private static readonly (string Unit, long Milliseconds)[] Units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// <summary>The milliseconds; false for anything that is no duration, is zero, or longer than 10,000 days.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long milliseconds)
    {
        milliseconds = 0;
        int next = 0;
        while (!text.IsEmpty)
        {
            if (!WholeNumber.TryParsePrefix(text, out long count, out text) || TakeUnit(ref text) is not (>= 0 and int unit) || unit < next)
                return false;
            if (count > MostMilliseconds / Units[unit].Milliseconds)
                return false;
            milliseconds += count * Units[unit].Milliseconds;
            next = unit + 1;
        }

        return milliseconds is > 0 and <= MostMilliseconds;
    }

    /// <summary>The same form, for people.</summary>
    public static string Of(long milliseconds)
    {
        if (milliseconds <= 0)
            return "0s";
        string text = "";
        foreach ((string unit, long size) in Units)
        {
            if (milliseconds >= size)
                text += (milliseconds / size).ToString(CultureInfo.InvariantCulture) + unit;
            milliseconds %= size;
        }

        return text;
    }

    private static int TakeUnit(ref ReadOnlySpan<byte> text)
    {
        int length = text.IndexOfAnyInRange((byte)'0', (byte)'9');
        ReadOnlySpan<byte> unit = length < 0 ? text : text[..length];
        text = text[unit.Length..];
        for (int i = 0; i < Units.Length; i++)
        {
            if (unit.Length == Units[i].Unit.Length && unit[0] == Units[i].Unit[0] && (unit.Length == 1 || unit[1] == 's'))
                return i;
        }

        return -1;
    }
}
