using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>F8.</summary>
internal static class F8
{
    private const int SCHED_FIFO = 1, SCHED_RR = 2, SCHED_DEADLINE = 6;

    public static readonly Probe Probe = new("F8", "get ahead of others on the CPU: real time, priority, deadlines, more CPUs", Run);

    private static void Run(Attack attack)
    {
        using NativeBuffer one = new(4), deadline = new(56);
        one.Int(0) = 1;
        int nice = 20 - (int)KernelCall.Invoke(Nr.getpriority, 0, 0);
        deadline.Int(0) = 56;
        deadline.Int(4) = SCHED_DEADLINE;
        deadline.Long(24) = 1_000_000;
        deadline.Long(32) = 10_000_000;
        deadline.Long(40) = 10_000_000;
        foreach ((string what, ScriptCall call) in new[]
        {
            ("SCHED_FIFO", new ScriptCall(Nr.sched_setscheduler, [0, SCHED_FIFO, one.Address])),
            ("SCHED_RR", new ScriptCall(Nr.sched_setscheduler, [0, SCHED_RR, one.Address])),
            ("SCHED_DEADLINE", new ScriptCall(Nr.sched_setattr, [0, deadline.Address, 0])),
            ($"a higher priority than nice {nice}", new ScriptCall(Nr.setpriority, [0, 0, nice - 1])),
            ("a higher priority for its account", new ScriptCall(Nr.setpriority, [2, 0, nice - 1])),
        })
        {
            // On real-time CPUs a child would hold up others: it ends at once.
            ScriptOutcome outcome = SyscallScript.Run(0, [call]);
            nint result = outcome.Results.Count > 0 ? outcome.Results[0] : -Errno.EPERM;
            if (result >= 0 && what.Contains("priority", StringComparison.Ordinal) && Hard(13) > 20)
                attack.ByPolicy(what, $"allowed by the hard RLIMIT_NICE of its pilot, {Hard(13)}");
            else
                attack.Refused(what, result);
        }

        string mine = Kernel.StatusField(Kernel.Text("/proc/self/status"), "Cpus_allowed_list");
        using NativeBuffer all = new(128);
        all.Span.Fill(0xff);
        KernelCall.Invoke(Nr.sched_setaffinity, 0, all.Length, all.Address);
        string widened = Kernel.StatusField(Kernel.Text("/proc/self/status"), "Cpus_allowed_list");
        if (widened == mine)
            attack.Held("run on every CPU", $"CPUs {mine}, as before");
        else
            attack.ByPolicy("run on every CPU", $"CPUs {widened} after {mine}: as its pilot could, within the cpuset");
    }

    private static long Hard(int resource)
    {
        using NativeBuffer limits = new(16);
        KernelCall.Invoke(Nr.prlimit64, 0, resource, 0, limits.Address);
        return limits.Long(8) < 0 ? long.MaxValue : limits.Long(8);
    }
}
