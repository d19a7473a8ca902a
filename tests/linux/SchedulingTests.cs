using System.Diagnostics;
using System.Globalization;

namespace Isolation.Linux.Tests;

/// <summary>Promise: CPUs and priorities of a process are read as the kernel holds them, and what a payload takes over is never more than its pilot's.</summary>
public sealed class SchedulingTests
{
    private static readonly Scheduling Usual = new([3], 0, 0, 0);

    [Fact]
    public void AProcessIsReadAsItWasStarted()
    {
        int last = Environment.ProcessorCount - 1;
        using Process process = Process.Start(
            "taskset", ["-c", last.ToString(CultureInfo.InvariantCulture), "nice", "-n", "7", "chrt", "-b", "0", "ionice", "-c", "2", "-n", "6", "sleep", "60"]);
        try
        {
            Assert.True(SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{process.Id}/comm") == "sleep\n", TimeSpan.FromSeconds(10)));
            Scheduling seen = Scheduling.Of(process.Id);
            Assert.Equal([last], Enumerable.Range(0, seen.Cpus.Length * 8).Where(cpu => (seen.Cpus[cpu / 8] & (1 << (cpu % 8))) != 0));
            Assert.Equal((3, Math.Min(19, Scheduling.Of(Environment.ProcessId).Nice + 7), (2 << 13) | 6), (seen.Policy, seen.Nice, seen.IoPriority));
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    [Fact]
    public void AMaskThatTheKernelFindsTooShortIsReadWithALongerOne()
        => Assert.Equal(Convert.ToHexString(Sys.CpuAffinityOf(0)).TrimEnd('0'), Convert.ToHexString(Sys.CpuAffinityOf(0, first: 4)).TrimEnd('0'));

    [Fact]
    public void AProcessThatIsNotThereIsAnError()
        => Assert.Equal(Errno.ESRCH, Assert.Throws<SyscallException>(() => Scheduling.Of(0x3fffff)).Errno);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(5, 5)]
    [InlineData(1, 0)] // SCHED_FIFO
    [InlineData(2, 0)] // SCHED_RR
    [InlineData(6, 0)] // SCHED_DEADLINE
    [InlineData(7, 0)] // SCHED_EXT
    public void ARealTimePolicyIsNeverTakenOver(int pilot, int payload) => Assert.Equal(payload, (Usual with { Policy = pilot }).Within(Usual).Policy);

    [Fact]
    public void WhoIsIdleItselfStartsNobodyThatIsNot() => Assert.Equal(5, Usual.Within(Usual with { Policy = 5 }).Policy);

    [Theory]
    [InlineData(10, 0, 10)]
    [InlineData(-5, 0, 0)]
    [InlineData(0, 5, 5)]
    [InlineData(0, -5, 0)]
    [InlineData(-10, -5, -5)]
    public void ANiceValueIsTheHigherOne(int pilot, int own, int payload) => Assert.Equal(payload, (Usual with { Nice = pilot }).Within(Usual with { Nice = own }).Nice);

    [Theory]
    [InlineData(0, 0)]
    [InlineData((2 << 13) | 7, (2 << 13) | 7)]
    [InlineData((3 << 13) | 4, (3 << 13) | 4)]
    [InlineData((1 << 13) | 4, 0)] // real time
    [InlineData((2 << 13) | (5 << 3) | 1, (2 << 13) | 1)] // with a hint
    [InlineData(7 << 13, 0)]
    public void AnIoPriorityIsTakenOverWhereItIsNoRealTimeOne(int pilot, int payload)
        => Assert.Equal(payload, (Usual with { IoPriority = pilot }).Within(Usual).IoPriority);
}
