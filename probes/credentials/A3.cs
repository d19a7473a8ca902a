using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>A3.</summary>
internal static class A3
{
    private const int PTRACE_ATTACH = 16, PTRACE_DETACH = 17, PTRACE_SEIZE = 0x4206;

    public static readonly Probe Probe = new("A3", "trace the pilot, read and write its memory, take its descriptors", Run);

    private static void Run(Attack attack)
    {
        Target target = attack.Target;
        int pid = target.Number("pilot.pid");
        if (!Foreign.MayBe(target, "pilot", pid))
        {
            attack.Held($"reach the pilot's process {pid}", "that number is somebody else here");
            return;
        }

        nint seized = KernelCall.Invoke(Nr.ptrace, PTRACE_SEIZE, pid);
        attack.Refused($"ptrace(SEIZE, {pid})", seized);
        Memory(attack, pid, "pilot");

        nint process = KernelCall.Invoke(Nr.pidfd_open, pid);
        if (process < 0)
        {
            attack.Held($"pidfd_open({pid})", ErrnoName.Of(-process));
        }
        else
        {
            nint taken = KernelCall.Invoke(Nr.pidfd_getfd, process, target.Number("pilot.fd"));
            if (attack.Refused("pidfd_getfd of an open secret", taken))
                Kernel.Close(process);
            attack.Refused("process_madvise", KernelCall.Invoke(Nr.process_madvise, process, 0, 0, 20, 0));
        }

        attack.Refused("kcmp with the pilot", KernelCall.Invoke(Nr.kcmp, pid, KernelCall.Invoke(Nr.getpid), 0));
        attack.Refused("open its /proc/PID/mem for writing", Kernel.TryOpen($"/proc/{pid}/mem", Sys.O_RDWR));
    }

    /// <summary>Reads and rewrites the planted memory of a process.</summary>
    public static void Memory(Attack attack, int pid, string role)
    {
        using NativeBuffer here = new(64), local = new(16), remote = new(16);
        local.Long(0) = here.Address;
        local.Long(8) = 64;
        remote.Long(0) = nint.TryParse(attack.Target[role + ".memory"], out nint address) ? address : 0;
        remote.Long(8) = 64;
        nint read = KernelCall.Invoke(Nr.process_vm_readv, pid, local.Address, 1, remote.Address, 1, 0);
        if (read < 0)
            attack.Held($"process_vm_readv of the {role}", ErrnoName.Of(-read));
        else
            attack.ShowsNothing($"process_vm_readv of the {role}", here.Span);
        attack.Refused($"process_vm_writev to the {role}", KernelCall.Invoke(Nr.process_vm_writev, pid, local.Address, 0, remote.Address, 1, 0) is var written && written == 0
            ? KernelCall.Invoke(Nr.process_vm_writev, pid, local.Address, 1, remote.Address, 1, 0) : written);
    }
}
