namespace Isolation.Core;

/// <summary>
/// A pattern in which <c>*</c> stands for any run of characters, none and slashes included, and every other character for
/// itself. The whole text must fit. Time grows with the product of both lengths, never faster.
/// </summary>
public sealed record Glob(string Pattern)
{
    /// <summary>The text fits.</summary>
    public bool Matches(string text) => Fits<char>(Pattern, text, '*', (p, t) => p == t);

    /// <summary>The same of anything in a row: one element of the pattern stands for any run of the text's.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="text">The text.</param>
    /// <param name="star">That element.</param>
    /// <param name="fits">Whether another element of the pattern stands for one of the text.</param>
    internal static bool Fits<T>(ReadOnlySpan<T> pattern, ReadOnlySpan<T> text, T star, Func<T, T, bool> fits) where T : IEquatable<T>
    {
        int p = 0, t = 0, last = -1, resume = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p].Equals(star))
                (last, resume) = (p++, t);
            else if (p < pattern.Length && fits(pattern[p], text[t]))
                (p, t) = (p + 1, t + 1);
            else if (last >= 0)
                (p, t) = (last + 1, ++resume);
            else
                return false;
        }

        return pattern[p..].TrimStart(star).IsEmpty;
    }
}
