namespace Isolation.Warden;

/// <summary>The command line, every option required.</summary>
internal sealed record WardenOptions(string Limits, string State, string Run)
{
    internal static WardenOptions? TryParse(string[] arguments)
    {
        string? limits = null, state = null, run = null;
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            switch (arguments[i])
            {
                case "--limits": limits = arguments[i + 1]; break;
                case "--state": state = arguments[i + 1]; break;
                case "--run": run = arguments[i + 1]; break;
                default: return null;
            }
        }

        return arguments.Length == 6 && IsAbsolute(limits) && IsAbsolute(state) && IsAbsolute(run)
            ? new WardenOptions(limits!, state!.TrimEnd('/'), run!.TrimEnd('/'))
            : null;
    }

    private static bool IsAbsolute(string? path) => path is ['/', _, ..];
}
