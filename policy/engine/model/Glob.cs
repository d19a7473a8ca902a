namespace Isolation.Policy;

/// <summary>
/// A pattern in which <c>*</c> stands for any run of characters, none and slashes included, and every other character for
/// itself. The whole text must fit. Time grows with the product of both lengths, never faster.
/// </summary>
internal sealed record Glob(string Pattern)
{
    public bool Matches(string text)
    {
        int p = 0, t = 0, star = -1, resume = 0;
        while (t < text.Length)
        {
            if (p < Pattern.Length && Pattern[p] == '*')
                (star, resume) = (p++, t);
            else if (p < Pattern.Length && Pattern[p] == text[t])
                (p, t) = (p + 1, t + 1);
            else if (star >= 0)
                (p, t) = (star + 1, ++resume);
            else
                return false;
        }

        while (p < Pattern.Length && Pattern[p] == '*')
            p++;
        return p == Pattern.Length;
    }
}
