using System.Globalization;

namespace Isolation.Cli;

/// <summary>Sizes as people write them: bytes, or a number with KiB, MiB, GiB, TiB (1,024) or kB, MB, GB, TB (1,000).</summary>
internal static class SizeText
{
    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("", 1), ("B", 1), ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ];

    /// <summary>The bytes; false for anything that is no size or does not fit.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long bytes)
    {
        bytes = 0;
        if (!WholeNumber.TryParsePrefix(text, out long count, out ReadOnlySpan<byte> unit))
            return false;
        foreach ((string name, long size) in Units)
        {
            if (unit.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(name)))
            {
                bool fits = count <= long.MaxValue / size;
                bytes = fits ? count * size : 0;
                return fits;
            }
        }

        return false;
    }

    /// <summary>For people: at most one decimal.</summary>
    public static string Of(long bytes) => bytes switch
    {
        < 1L << 10 => bytes.ToString(CultureInfo.InvariantCulture) + " B",
        < 1L << 20 => Tenths(bytes, 1L << 10) + " KiB",
        < 1L << 30 => Tenths(bytes, 1L << 20) + " MiB",
        _ => Tenths(bytes, 1L << 30) + " GiB",
    };

    private static string Tenths(long bytes, long unit)
    {
        long tenths = ((bytes / unit) * 10) + ((bytes % unit) * 10 / unit);
        string whole = (tenths / 10).ToString(CultureInfo.InvariantCulture);
        return tenths % 10 == 0 ? whole : whole + "." + (tenths % 10).ToString(CultureInfo.InvariantCulture);
    }
}
