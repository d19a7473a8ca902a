using System.Diagnostics;
using Isolation.Linux;

namespace Isolation.CellInit;

/// <summary>
/// Kills what is in the leaf and watches it become empty, for a bounded time; where the pilot could have moved processes out of it, everybody in the
/// room too (null elsewhere).
/// </summary>
internal sealed class EndWatch(CellDescriptors descriptors, RoomProcesses? room)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceWithSuspended = TimeSpan.FromSeconds(1);
    private readonly CounterReader _counters = new(descriptors.Counters);
    private readonly long _since = Stopwatch.GetTimestamp();

    /// <summary>When the end was first seen or ordered.</summary>
    internal long EndedAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>Looks, and kills what is still there.</summary>
    /// <returns>Null while it goes on; then whether the leaf is empty, and if not, why.</returns>
    internal (bool IsEmpty, string Detail)? Observe(Payload? payload)
    {
        try
        {
            return Look(payload);
        }
        catch (IOException e)
        {
            // Told, not thrown: this process must live to say how the payload ended.
            return (false, $"the {(room is null ? "leaf" : "leaf or the room")} cannot be read or killed: {e.Message}");
        }
    }

    private (bool IsEmpty, string Detail)? Look(Payload? payload)
    {
        bool mainIsOver = payload is null || payload.End() is not null;
        if (room is not null)
            RoomProcesses.Kill(); // first: only of the killed is it known that they make no others
        if (mainIsOver && IsEmpty(payload))
            return (true, "");
        TimeSpan waited = Stopwatch.GetElapsedTime(_since);
        // What a v1 freezer holds does not even die: nobody knows when it is let go.
        if (waited > PatienceWithSuspended && _counters.Text(CounterKind.V1FreezerState)?.Trim() is ("FROZEN" or "FREEZING") and string state)
            return (false, $"the batch job is suspended (its freezer is {state}): what is left in the leaf was killed, and goes when the job is resumed");
        if (waited > Patience)
            return (false, (mainIsOver
                ? $"the {(room is null ? "leaf" : "leaf or the room")} was still populated {Patience.TotalSeconds:0} s after cgroup.kill"
                : $"the main process was still there {Patience.TotalSeconds:0} s after cgroup.kill")
                + (IsFrozen() ? ", in a cgroup that somebody else has frozen" : ""));

        KillLeaf();
        WaitForChange();
        mainIsOver = payload is null || payload.End() is not null;
        return mainIsOver && IsEmpty(payload) ? (true, "") : null;
    }

    private void KillLeaf()
    {
        try
        {
            Sys.WriteAll(descriptors.Freeze, "1"u8); // a frozen fork bomb stops competing with its own end
            Sys.WriteAll(descriptors.Kill, "1"u8);
            Sys.WriteAll(descriptors.Freeze, "0"u8);
        }
        catch (SyscallException e) when (room is not null && e.Errno == Errno.ENODEV)
        {
            // The pilot has emptied and removed it.
        }
    }

    private bool IsEmpty(Payload? payload) => LeafIsEmpty() && room?.AreOver(payload?.Pid) != false;

    private bool LeafIsEmpty()
    {
        try
        {
            return CgroupFile.Keyed(CgroupFile.Text(descriptors.Events), "populated") == 0;
        }
        catch (SyscallException e) when (room is not null && e.Errno == Errno.ENODEV)
        {
            return true; // removed by the pilot: what was in it is killed with the room
        }
    }

    // Our own freezing has been undone before.
    private bool IsFrozen() => !LeafIsEmpty() && CgroupFile.Keyed(CgroupFile.Text(descriptors.Events), "frozen") == 1;

    private void WaitForChange()
    {
        if (!LeafIsEmpty())
            _ = Sys.Poll(descriptors.Events, PollEvents.Priority, 20);
    }
}
