using System.Collections.Immutable;
using System.Diagnostics;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>The payload's main process: its start, its signals, its end.</summary>
internal sealed class Payload(PidFd process, int pid, long startedAt) : IDisposable
{
    private const int SIGINT = 2;
    private const int SIGQUIT = 3;
    private const int SIGKILL = 9;
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;
    private const int SIGTSTP = 20;
    private const int SIGWINCH = 28;
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(10);

    internal int Number => process.Number;

    internal int Pid => pid;

    internal long StartedAt => startedAt;

    /// <summary>Starts it; on the thread that lives as long as this process, since the parent-death signal follows the thread.</summary>
    internal static (Payload? Running, int Step, int Errno) Start(EnterCell enter, Command command, byte[] program, CellDescriptors descriptors, Descriptor?[] streams)
    {
        using Descriptor? ruleset = enter.Landlock ? Landlock.ScopedRuleset() : null;
        ChildPlan plan = new()
        {
            Program = program,
            Arguments = command.Arguments,
            Environment = command.Environment,
            Descriptors = [.. streams],
            Cgroup = descriptors.Leaf,
            TaskFiles = [.. descriptors.TaskFiles],
            NewKeyring = true,
            OomScoreAdjustment = enter.OomScoreAdjustment,
            FileModeMask = enter.FileModeMask,
            ResourceLimits = Ceilings(enter.ResourceLimits),
            Scheduling = Schedule(enter.Schedule).Within(Scheduling.Of(0)),
            Account = new ChildAccount(enter.Uid, enter.Gid, [.. enter.Groups]),
            ParentDeathSignal = SIGKILL,
            Directory = command.Directory,
            LandlockRuleset = ruleset,
            Filter = PayloadFilter.For(enter.Own is { NestedContainers: true }),
        };
        long now = Stopwatch.GetTimestamp();
        return Child.Start(plan, StartDeadline) switch
        {
            ChildResult.Running running => (new Payload(running.Process, running.Pid, now), 0, 0),
            ChildResult.Failed failed => (null, failed.Step, failed.Errno),
            _ => throw new InvalidOperationException("a start without a result"),
        };
    }

    /// <summary>
    /// Sends a signal. What a terminal would send goes to the whole process group, the rest to the main process. TSTP goes as
    /// STOP: in a group without a session leader outside, the kernel discards TSTP.
    /// </summary>
    internal bool Signal(int signal) => signal switch
    {
        SIGTSTP => Sys.SignalGroup(pid, SIGSTOP),
        SIGINT or SIGQUIT or SIGCONT or SIGSTOP or SIGWINCH => Sys.SignalGroup(pid, signal),
        _ => process.Signal(signal),
    };

    /// <summary>How it ended, not reaped: its number still names its group.</summary>
    internal ChildEnd? End() => Sys.WaitFor(process, reap: false);

    /// <summary>Reaps it.</summary>
    internal void Reap() => _ = Sys.WaitFor(process, reap: true);

    public void Dispose() => process.Dispose();

    private static Scheduling Schedule(PilotSchedule pilot) => new([.. pilot.Cpus], pilot.Policy, pilot.Nice, pilot.IoPriority);

    // A hard limit above our own cannot be set without CAP_SYS_RESOURCE; a lower one always can.
    private static ImmutableArray<(int, ulong, ulong)> Ceilings(ResourceLimit[] pilot)
    {
        bool mayRaise = (Capabilities.Held & Capabilities.SysResource) != 0;
        var limits = ImmutableArray.CreateBuilder<(int, ulong, ulong)>(pilot.Length);
        for (int i = 0; i < pilot.Length; i++)
        {
            (ulong soft, ulong hard) = (unchecked((ulong)pilot[i].Soft), unchecked((ulong)pilot[i].Hard));
            if (!mayRaise)
                hard = Math.Min(hard, Sys.HardLimit(i));
            limits.Add((i, Math.Min(soft, hard), hard));
        }

        return limits.MoveToImmutable();
    }
}
