using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B1.</summary>
internal static class B1
{
    public static readonly Probe Probe = new("B1", "see processes of other payloads and of the host", Run);

    private static void Run(Attack attack)
    {
        Target target = attack.Target;
        long own = KernelCall.Invoke(Nr.getuid);
        int victims = 0, foreign = 0;
        foreach (int pid in Kernel.Pids())
        {
            if (Foreign.IsPlant(Kernel.Text($"/proc/{pid}/cmdline"), target, "victim"))
                victims++;
            if (Kernel.StatusField(Kernel.Text($"/proc/{pid}/status"), "Uid").Split('\t')[0] is { Length: > 0 } uid && uid != own.ToString(System.Globalization.CultureInfo.InvariantCulture))
                foreign++;
        }

        if (victims > 0)
            attack.Broke("look for the victim in /proc", $"{victims} processes, with their arguments");
        else
            attack.Held("look for the victim in /proc", "it is not there");
        // cell-init, which may be seen, is one.
        if (foreign > 1)
            attack.Broke("count processes of other accounts in /proc", $"{foreign}");
        else
            attack.Held("count processes of other accounts in /proc", $"{foreign}");

        // Ways to learn of a process that need no /proc.
        int hostPid = target.Number("victim.hostpid");
        if (!Foreign.MayBe(target, "victim", hostPid))
        {
            attack.Held($"ask the kernel for process {hostPid}", "that number is somebody else here");
            return;
        }

        using NativeBuffer mask = new(128);
        attack.Refused($"getpgid({hostPid})", KernelCall.Invoke(121, hostPid));
        attack.Refused($"sched_getaffinity({hostPid})", KernelCall.Invoke(Nr.sched_getaffinity, hostPid, mask.Length, mask.Address));
        nint alive = KernelCall.Invoke(Nr.kill, hostPid, 0);
        attack.Refused($"kill({hostPid}, 0): EPERM tells that it lives", alive == -Errno.EPERM ? 0 : alive);
    }
}
