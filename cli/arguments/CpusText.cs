using System.Globalization;

namespace Isolation.Cli;

/// <summary>CPU time per time as people write it: a number of CPUs with at most three decimals: <c>2</c>, <c>1.5</c>, <c>0.25</c>.</summary>
internal static class CpusText
{
    private const int MostDecimals = 3;

    /// <summary>The thousandths of a CPU; false for anything else, for zero, and for what does not fit.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long thousandths)
    {
        thousandths = 0;
        if (!WholeNumber.TryParsePrefix(text, out long whole, out ReadOnlySpan<byte> rest) || whole > long.MaxValue / 1000 - 1)
            return false;
        long decimals = 0;
        if (!rest.IsEmpty)
        {
            if (rest[0] != '.' || rest.Length - 1 > MostDecimals || !WholeNumber.TryParse(rest[1..], out decimals))
                return false;
            for (int i = rest.Length - 1; i < MostDecimals; i++)
                decimals *= 10;
        }

        thousandths = (whole * 1000) + decimals;
        return thousandths > 0;
    }

    /// <summary>The same form.</summary>
    public static string Of(long thousandths) => (thousandths / 1000m).ToString("0.###", CultureInfo.InvariantCulture);
}
