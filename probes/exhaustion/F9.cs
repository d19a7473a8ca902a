using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>F9.</summary>
internal static class F9
{
    private const int SYS_ioprio_set = 251, RealTimeClass = 1 << 13, IdleClass = 3 << 13;

    public static readonly Probe Probe = new("F9", "get ahead of others on the disk", Run);

    private static void Run(Attack attack)
    {
        ScriptOutcome own = SyscallScript.Run(0, [new ScriptCall(SYS_ioprio_set, [1, 0, RealTimeClass])]);
        attack.Refused("the real-time class for its own input and output", own.Results.Count > 0 ? own.Results[0] : -Errno.EPERM);
        foreach (string role in new[] { "victim", "pilot" })
        {
            int pid = attack.Target.Number(role == "victim" ? "victim.hostpid" : "pilot.pid");
            if (Foreign.MayBe(attack.Target, role, pid))
                attack.Refused($"the idle class for the {role}'s", KernelCall.Invoke(SYS_ioprio_set, 1, pid, IdleClass));
        }

        int limits = Kernel.Text("/proc/self/cgroup").Length > 0 && File.Exists("/sys/fs/cgroup/cgroup.controllers") ? 1 : 0;
        attack.Missing("a hog of direct input and output", limits == 1 ? "bounded where the leaf or the job has io.max; this program writes no disk full" : "no io controller for it here");
    }
}
