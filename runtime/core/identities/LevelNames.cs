namespace Isolation.Core;

/// <summary>The names of the levels as policy files, requests and records spell them.</summary>
public static class LevelNames
{
    /// <summary>Every level, weakest first.</summary>
    public static readonly IReadOnlyList<Level> All = [Level.LogOnly, Level.Setuid, Level.Container, Level.Vm];

    /// <summary>The spelling of a level.</summary>
    public static string Name(this Level level) => level switch
    {
        Level.LogOnly => "log-only",
        Level.Setuid => "setuid",
        Level.Container => "container",
        Level.Vm => "vm",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "no such level"),
    };

    /// <summary>The level of that name; false when there is none.</summary>
    public static bool TryParse(string? name, out Level level)
    {
        foreach (Level candidate in All)
        {
            if (candidate.Name() == name)
            {
                level = candidate;
                return true;
            }
        }

        level = default;
        return false;
    }
}
