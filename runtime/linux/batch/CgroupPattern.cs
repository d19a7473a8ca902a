namespace Isolation.Linux;

/// <summary>
/// The path of a job's topmost cgroup, one component after the other. In a component <c>#</c> stands for digits, <c>*</c> for any text
/// (none included), and what is between braces is the job's id. A first component <c>**</c> stands for any number of components.
/// </summary>
internal sealed class CgroupPattern
{
    private readonly string[] _components;
    private readonly bool _anywhere;

    /// <param name="text">The pattern, starting with a slash.</param>
    public CgroupPattern(string text)
    {
        string[] components = text.Split('/', StringSplitOptions.RemoveEmptyEntries);
        _anywhere = components[0] == "**";
        _components = _anywhere ? components[1..] : components;
    }

    /// <summary>True when the path is this pattern from its first component to its last; then <paramref name="id"/> is the job's.</summary>
    public bool Matches(ReadOnlySpan<string> path, out string? id)
    {
        id = null;
        int above = path.Length - _components.Length;
        if (above < 0 || (above > 0 && !_anywhere))
            return false;
        for (int i = _components.Length - 1; i >= 0; i--)
        {
            if (!MatchesComponent(_components[i], path[above + i], out string? found))
                return false;
            id = found ?? id;
        }

        return true;
    }

    private static bool MatchesComponent(string pattern, string text, out string? id)
    {
        int from = -1, to = -1;
        id = MatchesFrom(pattern, 0, text, 0, ref from, ref to) && from >= 0 ? text[from..to] : null;
        return id is { Length: > 0 } || (id is null && MatchesFrom(pattern, 0, text, 0, ref from, ref to));
    }

    private static bool MatchesFrom(string pattern, int p, string text, int t, ref int from, ref int to)
    {
        for (; p < pattern.Length; p++)
        {
            switch (pattern[p])
            {
                case '{':
                    from = t;
                    continue;
                case '}':
                    to = t;
                    continue;
                case '#':
                    int digits = t;
                    while (t < text.Length && char.IsAsciiDigit(text[t]))
                        t++;
                    if (t == digits)
                        return false;
                    continue;
                case '*':
                    // The shortest first; a name has at most 255 bytes, and a pattern few stars.
                    for (int end = t; end <= text.Length; end++)
                    {
                        if (MatchesFrom(pattern, p + 1, text, end, ref from, ref to))
                            return true;
                    }

                    return false;
                default:
                    if (t == text.Length || text[t] != pattern[p])
                        return false;
                    t++;
                    continue;
            }
        }

        return t == text.Length;
    }
}
