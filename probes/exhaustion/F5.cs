using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>F5.</summary>
internal static class F5
{
    public static readonly Probe Probe = new("F5", "make others die before it when memory runs out", Run);

    private static void Run(Attack attack)
    {
        int starter = Foreign.Starter;
        if (starter > 0)
            attack.Refused("open its starter's oom_score_adj for writing", Kernel.TryOpen($"/proc/{starter}/oom_score_adj", Sys.O_WRONLY));
        int pilot = attack.Target.Number("pilot.pid");
        if (Foreign.MayBe(attack.Target, "pilot", pilot))
            attack.Refused("open the pilot's oom_score_adj for writing", Kernel.TryOpen($"/proc/{pilot}/oom_score_adj", Sys.O_WRONLY));
        string before = Kernel.Text("/proc/self/oom_score_adj").Trim();
        nint written = Kernel.WriteFile("/proc/self/oom_score_adj", "-1000", 0, 0);
        attack.Refused($"lower its own oom_score_adj from {before}", written);
    }
}
