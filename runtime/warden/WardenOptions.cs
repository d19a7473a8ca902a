using Isolation.Linux;

namespace Isolation.Warden;

/// <summary>The command line; every option but the last is required.</summary>
/// <param name="Limits">The file warden.json.</param>
/// <param name="State">The state directory.</param>
/// <param name="Run">The run directory.</param>
/// <param name="WithoutKernel">Features of the kernel to do without (Linux: KernelFeatures), so that tests run the fallbacks.</param>
internal sealed record WardenOptions(string Limits, string State, string Run, string[] WithoutKernel)
{
    internal static WardenOptions? TryParse(string[] arguments)
    {
        string? limits = null, state = null, run = null;
        string[] without = [];
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
                default: return null;
            }
        }

        return IsAbsolute(limits) && IsAbsolute(state) && IsAbsolute(run) && without.All(name => KernelFeatures.Names.Contains(name))
            ? new WardenOptions(limits!, state!.TrimEnd('/'), run!.TrimEnd('/'), without)
            : null;
    }

    private static bool IsAbsolute(string? path) => path is ['/', _, ..];
}
