using System.Globalization;

namespace Isolation.Probes;

/// <summary>A process that only waits: what an attacker leaves behind, or multiplies into.</summary>
internal static class Waiter
{
    /// <summary>The mode <c>wait SECONDS NAME…</c>.</summary>
    public static int Start(string[] words)
    {
        Kernel.Pause(1000 * int.Parse(words[0], CultureInfo.InvariantCulture));
        return 0;
    }
}
