using Isolation.Core;

namespace Isolation.Linux.Tests;

/// <summary>Promise: of the kernel's log only what nobody else can write is believed: who was killed for want of memory, and at whose limit.</summary>
public sealed class KernelLogTests
{
    private const string Leaf = "cell-0189d1a2-b3c4-7def-8abc-0123456789ab";

    [Fact]
    public void A_record_of_the_kernels_is_read_and_one_of_others_is_not()
    {
        Assert.Equal((339L, "hello; you"), KernelLog.Parse("6,339,5140900,-;hello; you\n SUBSYSTEM=x\n"));
        Assert.Equal((340L, null), KernelLog.Parse("12,340,5140900,-;oom-kill:constraint=CONSTRAINT_MEMCG,\n"));
        Assert.Null(KernelLog.Parse("rubbish"));
        Assert.Null(KernelLog.Parse("6,x,1,-;a"));
        Assert.Null(KernelLog.Parse(""));
    }

    [Theory]
    [InlineData($"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/j/{Leaf},task_memcg=/j/{Leaf},task=hog,pid=42,uid=5", MemoryLimit.Payload, "hog")]
    [InlineData($"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/j,task_memcg=/j/{Leaf},task=hog,pid=42,uid=5", MemoryLimit.Job, "hog")]
    [InlineData($"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/j/{Leaf},task=hog,pid=42,uid=5", MemoryLimit.Host, "hog")]
    [InlineData($"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/global_oom,mems_allowed=0,oom_memcg=/j,task_memcg=/j/{Leaf},task=a,pid=7,uid=0,pid=42,uid=5", MemoryLimit.Job, "a,pid=7,uid=0")]
    [InlineData($"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/x,oom_memcg=/j,task_memcg=/j,mems_allowed=0,oom_memcg=/j/{Leaf},task_memcg=/j/{Leaf},task=hog,pid=42,uid=5", MemoryLimit.Payload, "hog")]
    public void The_summary_names_victim_and_limit(string message, MemoryLimit limit, string task)
        // The last ones: a task, and a pilot's cgroups, that are named so as to mislead.
        => Assert.Equal(new OutOfMemoryKill(42, task, limit), OutOfMemoryKill.OfSummary(message, Leaf));

    [Theory]
    [InlineData("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/j,task_memcg=/j/cell-other,task=hog,pid=42,uid=5")]
    [InlineData($"oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/j,task_memcg=/j/{Leaf},task=hog,pid=x,uid=5")]
    [InlineData($"oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/j,task_memcg=/j/{Leaf},task=hog")]
    [InlineData($"somebody says oom-kill:constraint=CONSTRAINT_NONE,task_memcg=/j/{Leaf},task=hog,pid=42,uid=5")]
    [InlineData("")]
    public void Nothing_else_is_a_summary(string message) => Assert.Null(OutOfMemoryKill.OfSummary(message, Leaf));

    [Fact]
    public void The_line_of_a_victim_names_it()
    {
        Assert.Equal(new OutOfMemoryKill(42, "my (hog", MemoryLimit.Unknown), OutOfMemoryKill.OfVictim("Memory cgroup out of memory: Killed process 42 (my (hog) total-vm:1kB, UID:5"));
        Assert.Equal(new OutOfMemoryKill(42, "hog", MemoryLimit.Host), OutOfMemoryKill.OfVictim("Out of memory: Killed process 42 (hog) total-vm:1kB"));
        Assert.Null(OutOfMemoryKill.OfVictim("I say Out of memory: Killed process 42 (hog) total-vm:1kB"));
        Assert.Null(OutOfMemoryKill.OfVictim("Out of memory: Killed process x (hog) total-vm:1kB"));
        Assert.Null(OutOfMemoryKill.OfVictim("Out of memory: Killed process 42"));
    }

    [SkippableFact]
    public void The_log_of_this_host_is_read_from_a_mark_on()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "reading the kernel's log needs root");
        using KernelLog log = KernelLog.Open();
        Skip.If(log.Mark() is null, "this host lets nobody read the kernel's log");
        long before = log.Mark()!.Value;
        string word = $"isolation-test-{Guid.NewGuid():N}";
        // What root writes has another facility, and is never taken for the kernel's.
        using (Descriptor target = Sys.Open(null, "/dev/kmsg", Sys.O_WRONLY))
            Sys.WriteAll(target, System.Text.Encoding.ASCII.GetBytes($"<6>{word}\n"));
        Assert.True(log.Mark() > before);
        Assert.Empty(log.Since(before, message => message.Contains(word, StringComparison.Ordinal))!);
        Assert.NotEmpty(log.Since(-1, _ => true)!);
        Assert.Null(KernelLog.None.Mark());
    }
}
