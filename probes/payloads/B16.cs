using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B16.</summary>
internal static class B16
{
    private const int PR_SCHED_CORE = 62, PR_SCHED_CORE_GET = 0;

    public static readonly Probe Probe = new("B16", "share a processor core with others at the same time", Run);

    private static void Run(Attack attack)
    {
        string siblings = Kernel.Text("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list").Trim();
        if (siblings is "" or "0")
        {
            attack.Missing("look at the threads of a core", siblings.Length == 0 ? "the host does not show them" : "a core has one thread here");
            return;
        }

        using NativeBuffer cookie = new(8);
        nint asked = KernelCall.Invoke(Nr.prctl, PR_SCHED_CORE, PR_SCHED_CORE_GET, 0, 0, cookie.Address);
        if (asked >= 0 && cookie.Long(0) != 0)
            attack.Held("ask for the core scheduling cookie", $"{cookie.Long(0):x}: threads of others are not beside it");
        else
            attack.ByPolicy("ask for the core scheduling cookie", $"none: threads {siblings} are one core, and whoever runs there shares its caches");
    }
}
