using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>G1.</summary>
internal static class G1
{
    private const int PR_SET_NAME = 15;

    public static readonly Probe Probe = new("G1", "run under another name, and programs that lie in no file", Run);

    private static void Run(Attack attack)
    {
        using NativeBuffer name = new("kworker/0:1");
        nint renamed = KernelCall.Invoke(Nr.prctl, PR_SET_NAME, name.Address);
        if (renamed < 0)
            attack.Held("take a kernel thread's name", ErrnoName.Of(-renamed));
        else
            attack.ByPolicy("take a kernel thread's name", "taken: the record names the file that was started, its digest and the account, never this name");

        using NativeBuffer label = new("program");
        nint memory = KernelCall.Invoke(Nr.memfd_create, label.Address, 0);
        if (memory < 0)
        {
            attack.Held("memfd_create", ErrnoName.Of(-memory));
            return;
        }

        using Descriptor file = new((int)memory);
        Sys.WriteAll(file, Encoding.ASCII.GetBytes("#!/bin/sh\nexit 42\n"));
        using Descriptor nothing = Sys.Open(null, "/dev/null", Sys.O_RDWR);
        string path = $"/proc/{KernelCall.Invoke(Nr.getpid)}/fd/{memory}";
        int pid = Sys.TrySpawn("/bin/sh", ["/bin/sh", path], [], [nothing, nothing, nothing], newSession: false);
        if (pid < 0)
        {
            attack.Held("run a script from memory", ErrnoName.Of(-pid));
            return;
        }

        using PidFd? child = PidFd.TryOpen(pid, out _);
        if (child is not null)
            Sys.Poll(child, PollEvents.In, 20_000);
        int code = child is not null && Sys.WaitFor(child, reap: true) is { IsExit: true } end ? end.Value : -1;
        if (code == 42)
            attack.ByPolicy("run a script from memory", "ran: the record holds the digest of what was started first; what that runs is inside the same cell and account");
        else
            attack.Held("run a script from memory", $"did not run ({code})");
    }
}
