using Isolation.Linux;

namespace Isolation.Warden;

/// <summary>The command line; the last two options may be left out.</summary>
/// <param name="Limits">The file warden.json.</param>
/// <param name="State">The state directory.</param>
/// <param name="Run">The run directory.</param>
/// <param name="WithoutKernel">Features of the kernel to do without (Linux: KernelFeatures), so that tests run the fallbacks.</param>
/// <param name="Tracking">The groups by which batch systems of this site track their jobs.</param>
internal sealed record WardenOptions(string Limits, string State, string Run, string[] WithoutKernel, TrackingGroups Tracking)
{
    internal static WardenOptions? TryParse(string[] arguments)
    {
        string? limits = null, state = null, run = null;
        string[] without = [];
        TrackingGroups tracking = TrackingGroups.None;
        for (int i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length)
                return null;
            switch (arguments[i])
            {
                case "--limits": limits = arguments[i + 1]; break;
                case "--state": state = arguments[i + 1]; break;
                case "--run": run = arguments[i + 1]; break;
                case "--without-kernel": without = arguments[i + 1].Split(','); break;
                case "--tracking-groups" when TrackingGroups.TryParse(arguments[i + 1], out tracking) is null: break;
                default: return null;
            }
        }

        return IsAbsolute(limits) && IsAbsolute(state) && IsAbsolute(run) && without.All(name => KernelFeatures.Names.Contains(name))
            ? new WardenOptions(limits!, state!.TrimEnd('/'), run!.TrimEnd('/'), without, tracking)
            : null;
    }

    private static bool IsAbsolute(string? path) => path is ['/', _, ..];
}
