using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Cells.Tests;

/// <summary>Promise: an ending is told as out of memory only where the kernel killed the main process, or nobody can know better; with whose limit, and who.</summary>
public sealed class OutOfMemoryEvidenceTests
{
    private const string Leaf = "cell-0189d1a2-b3c4-7def-8abc-0123456789ab";
    private static readonly ObservedEnding Killed = new(EndedHow.Signaled, 9, EndingCause.None, true, "", ObservedUsage.None)
    {
        OutOfMemory = new ObservedOutOfMemory(1, (byte)MemoryLimit.Payload, OutOfMemoryVictim.NotKnown, ""),
    };

    [Fact]
    public void The_log_names_the_main_process()
        => Assert.Equal(new Ending.OutOfMemory(MemoryLimit.Job, "hog (pid 42)"), Ended(Killed, [Summary(42, "/j")], 42));

    [Fact]
    public void A_victim_that_is_not_the_main_process_leaves_the_ending_its_own()
    {
        ObservedEnding seen = OutOfMemoryEvidence.Add(Killed, [Summary(43, $"/j/{Leaf}")], Leaf, 42, Position.Below);
        Assert.Equal(new Ending.Signaled(9), Endings.Report(seen, null).Ending);
        Assert.Equal(new OutOfMemory(1, MemoryLimit.Payload, "hog (pid 43)"), Endings.Report(seen, null).OutOfMemory);
        Assert.Equal(new Ending.Exited(3), Ended(Killed with { How = EndedHow.Exited, Value = 3 }, [Summary(42, "/j")], 42));
    }

    [Fact]
    public void Without_the_log_the_counters_decide_and_the_victim_is_not_known()
    {
        Assert.Equal(new Ending.OutOfMemory(MemoryLimit.Payload, ""), Ended(Killed, null, 42));
        Assert.Equal(new Ending.OutOfMemory(MemoryLimit.Payload, ""), Ended(Killed, [], 42));
        Assert.Equal(new Ending.Signaled(9), Ended(Killed with { OutOfMemory = null }, [Summary(42, "/j")], 42));
    }

    [Fact]
    public void Where_the_log_was_cut_short_nobody_knows_who_else_it_was()
    {
        ObservedEnding two = Killed with { OutOfMemory = Killed.OutOfMemory! with { Kills = 2 } };
        Assert.IsType<Ending.OutOfMemory>(Ended(two, [Summary(43, "/j")], 42));
        Assert.Equal(new Ending.OutOfMemory(MemoryLimit.Payload, "hog (pid 42)"), Ended(two, ["Memory cgroup out of memory: Killed process 42 (hog) total-vm:1kB"], 42));
        Assert.Equal(new Ending.Signaled(9), Ended(two, [Summary(43, "/j"), Summary(44, "/j")], 42));
    }

    [Theory]
    [InlineData("Memory cgroup out of memory", MemoryLimit.Job)]
    [InlineData("Out of memory", MemoryLimit.Host)]
    public void A_leaf_that_counts_no_kills_is_told_by_the_log_alone(string cause, MemoryLimit limit)
    {
        ObservedEnding uncounted = Killed with { OutOfMemory = null };
        string[] log = [$"{cause}: Killed process 42 (hog) total-vm:1kB"];
        Assert.Equal(new Ending.OutOfMemory(limit, "hog (pid 42)"), Endings.Report(OutOfMemoryEvidence.Uncounted(uncounted, log, 42), null).Ending);
        Assert.Equal(new Ending.Signaled(9), Endings.Report(OutOfMemoryEvidence.Uncounted(uncounted, log, 43), null).Ending);
        Assert.Equal(new Ending.Signaled(9), Endings.Report(OutOfMemoryEvidence.Uncounted(uncounted, null, 42), null).Ending);
        ObservedEnding ordered = uncounted with { Cause = EndingCause.Ordered };
        Assert.Equal(ordered, OutOfMemoryEvidence.Uncounted(ordered, log, 42));
    }

    [Fact]
    public void What_ended_for_a_reason_of_ours_is_not_out_of_memory()
        => Assert.IsType<Ending.TimedOut>(Ended(Killed with { Cause = EndingCause.WallLimit }, [Summary(42, "/j")], 42));

    [Fact]
    public void Above_a_leaf_in_the_services_slice_there_is_only_the_host()
        => Assert.Equal(MemoryLimit.Host, (MemoryLimit)OutOfMemoryEvidence.Add(Killed, [Summary(42, "/j")], Leaf, 42, Position.Own).OutOfMemory!.Limit);

    [Fact]
    public void Numbers_of_another_pid_namespace_are_not_compared()
        => Assert.IsType<Ending.OutOfMemory>(Ended(Killed, [Summary(43, "/j")], null));

    [Fact]
    public void Many_victims_fit_the_message()
    {
        ObservedEnding many = Killed with { OutOfMemory = Killed.OutOfMemory! with { Kills = 1000 } };
        string victims = OutOfMemoryEvidence.Add(many, [.. Enumerable.Range(1_000_000, 1000).Select(pid => Summary(pid, "/j"))], Leaf, 42, Position.Below).OutOfMemory!.Victims;
        Assert.InRange(victims.Length, 100, ObservedOutOfMemory.MaxVictims);
        Assert.EndsWith(" more", victims, StringComparison.Ordinal);
    }

    private static Ending Ended(ObservedEnding seen, string[]? messages, int? main)
        => Endings.Report(OutOfMemoryEvidence.Add(seen, messages, Leaf, main, Position.Below), TimeSpan.FromSeconds(1)).Ending;

    private static string Summary(int pid, string limit)
        => $"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={limit},task_memcg=/j/{Leaf},task=hog,pid={pid},uid=5";
}
