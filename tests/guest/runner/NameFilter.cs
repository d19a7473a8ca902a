namespace Isolation.Guest.Runner;

/// <summary>Which tests are run, by parts of their names: all when no part is given; never one that holds a part given behind a minus.</summary>
internal sealed class NameFilter(IReadOnlyList<string> parts)
{
    private readonly string[] _wanted = [.. parts.Where(p => !p.StartsWith('-'))];
    private readonly string[] _refused = [.. parts.Where(p => p.StartsWith('-')).Select(p => p[1..])];

    public bool Takes(string name)
        => (_wanted.Length == 0 || _wanted.Any(p => name.Contains(p, StringComparison.Ordinal))) && !_refused.Any(p => name.Contains(p, StringComparison.Ordinal));
}
