using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B2. That the victim still answers is asked afterwards.</summary>
internal static class B2
{
    private const int SIGCONT = 18;

    public static readonly Probe Probe = new("B2", "signal, stop, slow down or change the victim and the pilot", Run);

    private static void Run(Attack attack)
    {
        foreach ((string role, string key) in new[] { ("victim", "victim.hostpid"), ("victim", "victim.pid"), ("pilot", "pilot.pid") })
        {
            int pid = attack.Target.Number(key);
            if (!Foreign.MayBe(attack.Target, role, pid))
            {
                attack.Held($"signal {pid}, the {role}'s number", "it is somebody else here");
                continue;
            }

            // CONT changes nothing in a running process, and needs the same permission as KILL (but for the session's own).
            attack.Refused($"kill({pid}, SIGCONT) of the {role}", KernelCall.Invoke(Nr.kill, pid, SIGCONT));
            attack.Refused($"kill(-{pid}, SIGCONT)", KernelCall.Invoke(Nr.kill, -pid, SIGCONT));
            attack.Refused($"tgkill({pid}, {pid}, SIGCONT)", KernelCall.Invoke(Nr.tgkill, pid, pid, SIGCONT));
            using NativeBuffer info = new(128);
            info.Int(0) = SIGCONT;
            info.Int(8) = -1; // SI_QUEUE
            attack.Refused($"rt_sigqueueinfo({pid}, SIGCONT)", KernelCall.Invoke(Nr.rt_sigqueueinfo, pid, SIGCONT, info.Address));
            nint process = KernelCall.Invoke(Nr.pidfd_open, pid);
            if (process < 0)
                attack.Held($"pidfd_open({pid})", ErrnoName.Of(-process));
            else
                attack.Refused($"pidfd_send_signal to {pid}", KernelCall.Invoke(Nr.pidfd_send_signal, process, SIGCONT));
            attack.Refused($"setpriority of {pid}", KernelCall.Invoke(Nr.setpriority, 0, pid, KernelCall.Invoke(Nr.getpriority, 0, pid) is var nice && nice > 0 ? 20 - nice : 0));
            using NativeBuffer limits = new(16);
            attack.Refused($"prlimit of {pid}", KernelCall.Invoke(Nr.prlimit64, pid, 7, 0, limits.Address));
            using NativeBuffer mask = new(128);
            nint length = KernelCall.Invoke(Nr.sched_getaffinity, 0, mask.Length, mask.Address);
            attack.Refused($"sched_setaffinity of {pid}", KernelCall.Invoke(Nr.sched_setaffinity, pid, length > 0 ? length : 8, mask.Address));
        }
    }
}
