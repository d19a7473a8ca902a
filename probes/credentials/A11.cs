using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>A11.</summary>
internal static class A11
{
    public static readonly Probe Probe = new("A11", "get at the memory, binary or channel of what started it, directly or by a core dump", Run);

    private static void Run(Attack attack)
    {
        int starter = Foreign.Starter;
        if (starter <= 0)
        {
            attack.Held("find what started the payload", "it has no number here");
            starter = 1;
        }

        foreach (string file in new[] { "mem", "maps", "environ", "fd/0", "exe" })
            attack.Refused($"open /proc/{starter}/{file} of its starter", Kernel.TryOpen($"/proc/{starter}/{file}", Sys.O_RDONLY));
        attack.Refused($"open /proc/{starter}/exe for writing", Kernel.TryOpen($"/proc/{starter}/exe", Sys.O_WRONLY) is var result && result == -26 /* ETXTBSY */ ? 0 : result);
        attack.Refused("ptrace(SEIZE) its starter", KernelCall.Invoke(Nr.ptrace, 0x4206, starter));
        attack.Refused("signal its starter (for a core dump)", KernelCall.Invoke(Nr.kill, starter, 0));
        attack.Refused("open core_pattern for writing", Kernel.TryOpen("/proc/sys/kernel/core_pattern", Sys.O_WRONLY));
        attack.Refused("open its starter's coredump_filter for writing", Kernel.TryOpen($"/proc/{starter}/coredump_filter", Sys.O_WRONLY));
    }
}
