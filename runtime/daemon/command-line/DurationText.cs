using System.Globalization;
using System.Text.RegularExpressions;

namespace Isolation.Daemon;

/// <summary>A time on the command line, as <c>isolation</c> and the policy write one: 90s, 30m, 1h30m, 2d.</summary>
internal static partial class DurationText
{
    private const int Longest = 49; // days

    /// <summary>Null for what is none, or too long.</summary>
    public static TimeSpan? Parse(string text)
    {
        Match match = Form().Match(text);
        if (!match.Success || text.Length == 0)
            return null;
        double seconds = 0;
        foreach ((string unit, double length) in ((string, double)[])[("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)])
            seconds += match.Groups[unit].Success ? double.Parse(match.Groups[unit].ValueSpan, CultureInfo.InvariantCulture) * length : 0;
        return seconds <= TimeSpan.FromDays(Longest).TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    [GeneratedRegex(@"^(?:(?<d>[0-9]{1,9})d)?(?:(?<h>[0-9]{1,9})h)?(?:(?<m>[0-9]{1,9})m)?(?:(?<s>[0-9]{1,9})s)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
