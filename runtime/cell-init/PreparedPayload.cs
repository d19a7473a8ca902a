using System.Collections.Immutable;
using System.Diagnostics;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>
/// The payload's main process before its program: made while its record is written, it waits to be let go, and nothing of the payload runs until then.
/// </summary>
internal sealed class PreparedPayload : IDisposable
{
    private const int SIGKILL = 9;
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(10);
    private readonly PreparedChild? _child;
    private readonly ChildResult.Failed? _failed;

    /// <summary>Makes it; on the thread that lives as long as this process, since the parent-death signal follows the thread.</summary>
    internal PreparedPayload(EnterCell enter, Command command, byte[] program, CellDescriptors descriptors, Descriptor?[] streams)
    {
        try
        {
            using Descriptor? ruleset = enter.Landlock ? Landlock.ScopedRuleset() : null;
            _child = Child.Prepare(Plan(enter, command, program, descriptors, streams, ruleset), StartDeadline, out _failed);
        }
        catch (SyscallException e)
        {
            _failed = new ChildResult.Failed((int)StartStep.Clone, e.Errno); // no descriptors left, say: told when the start is asked for
        }
    }

    /// <summary>Its number, by which it is told from orphans; 0 where it could not be made.</summary>
    internal int Pid => _child?.Pid ?? 0;

    /// <summary>Lets it go: it is the payload from here on, or has failed at a step.</summary>
    internal (Payload? Running, int Step, int Errno) LetGo()
    {
        long now = Stopwatch.GetTimestamp();
        return (_child?.LetGo(StartDeadline) ?? _failed) switch
        {
            ChildResult.Running running => (new Payload(running.Process, running.Pid, now), 0, 0),
            ChildResult.Failed failed => (null, failed.Step, failed.Errno),
            _ => throw new InvalidOperationException("a start without a result"),
        };
    }

    /// <summary>One that was not let go is killed.</summary>
    public void Dispose() => _child?.Dispose();

    private static ChildPlan Plan(EnterCell enter, Command command, byte[] program, CellDescriptors descriptors, Descriptor?[] streams, Descriptor? ruleset) => new()
    {
        Program = program,
        Arguments = command.Arguments,
        Environment = command.Environment,
        Descriptors = [.. streams],
        Cgroup = descriptors.Leaf,
        TaskFiles = [.. descriptors.TaskFiles],
        OwnCgroupNamespace = enter.Own is { OwnCgroups: true },
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
