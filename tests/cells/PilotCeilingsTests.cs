using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cells.Tests;

/// <summary>A payload never gets more than its pilot has: every limit of the pilot is read, or the entry fails.</summary>
public sealed class PilotCeilingsTests
{
    private const string Text = """
        Limit                     Soft Limit           Hard Limit           Units     
        Max cpu time              10                   20                   seconds   
        Max file size             unlimited            unlimited            bytes     
        Max data size             unlimited            unlimited            bytes     
        Max stack size            8388608              unlimited            bytes     
        Max core file size        0                    unlimited            bytes     
        Max resident set          unlimited            unlimited            bytes     
        Max processes             2032                 2033                 processes 
        Max open files            1024                 4096                 files     
        Max locked memory         67108864             67108864             bytes     
        Max address space         9223372036854775807  18446744073709551614 bytes     
        Max file locks            unlimited            unlimited            locks     
        Max pending signals       2034                 2034                 signals   
        Max msgqueue size         819200               819200               bytes     
        Max nice priority         0                    0                    
        Max realtime priority     1                    2                    
        Max realtime timeout      unlimited            unlimited            us        

        """;

    [Fact]
    public void Every_resource_is_read_in_the_kernels_order()
    {
        ResourceLimit[] limits = PilotCeilings.ParseLimits(Text);
        Assert.Equal(16, limits.Length);
        Assert.Equal(new ResourceLimit(10, 20), limits[0]);
        Assert.Equal(new ResourceLimit(-1, -1), limits[1]);
        Assert.Equal(new ResourceLimit(8388608, -1), limits[3]);
        Assert.Equal(new ResourceLimit(0, -1), limits[4]);
        Assert.Equal(new ResourceLimit(2032, 2033), limits[6]);
        Assert.Equal(new ResourceLimit(1024, 4096), limits[7]);
        Assert.Equal(new ResourceLimit(long.MaxValue, -2), limits[9]);
        Assert.Equal(new ResourceLimit(2034, 2034), limits[11]);
        Assert.Equal(new ResourceLimit(1, 2), limits[14]);
    }

    [Theory]
    [InlineData("Max open files            1024                 4096                 files     \n", "")]
    [InlineData("Max open files            1024                 4096                 files     ", "Max open files 1024")]
    [InlineData("Max open files            1024                 4096 ", "Max open files            many                 4096 ")]
    [InlineData("Max open files            1024                 4096 ", "Max open files            -1                   4096 ")]
    public void A_limit_that_is_missing_or_no_number_is_an_error(string part, string instead)
    {
        string text = Text.Replace(part, instead, StringComparison.Ordinal);
        Assert.NotEqual(Text, text);
        Assert.ThrowsAny<Exception>(() => PilotCeilings.ParseLimits(text) is null);
        Assert.True(Record.Exception(() => PilotCeilings.ParseLimits(text)) is FormatException or OverflowException);
    }

    [Fact]
    public void An_empty_file_is_an_error() => Assert.Throws<FormatException>(() => PilotCeilings.ParseLimits(""));

    [Fact]
    public void The_limits_of_this_process_are_those_that_the_kernel_tells_it()
    {
        using PidFd self = PidFd.TryOpen(Environment.ProcessId, out _)!;
        PilotCeilings ceilings = PilotCeilings.Of(self);
        for (int resource = 0; resource < 16; resource++)
            Assert.Equal(Sys.HardLimit(resource), unchecked((ulong)ceilings.Limits[resource].Hard));
        Assert.InRange(ceilings.OomScoreAdjustment, -1000, 1000);
    }

    [Fact]
    public void A_limit_of_the_payloads_own_lowers_that_one_limit_and_never_raises_it()
    {
        var ceilings = new PilotCeilings(PilotCeilings.ParseLimits(Text), 0, 0, new PilotSchedule([1], 0, 0, 0));
        Assert.Equal(ceilings.Limits, ceilings.LimitsWithin(Core.Limits.None));
        ResourceLimit[] lowered = ceilings.LimitsWithin(Core.Limits.None with { OpenFiles = 2000 });
        Assert.Equal(new ResourceLimit(1024, 2000), lowered[7]);
        Assert.Equal(ceilings.Limits.Where((_, i) => i != 7), lowered.Where((_, i) => i != 7));
        Assert.Equal(new ResourceLimit(10, 10), ceilings.LimitsWithin(Core.Limits.None with { OpenFiles = 10 })[7]);
        Assert.Equal(new ResourceLimit(1024, 4096), ceilings.LimitsWithin(Core.Limits.None with { OpenFiles = 10_000 })[7]);
        ceilings.Limits[7] = new ResourceLimit(-1, -1);
        Assert.Equal(new ResourceLimit(10, 10), ceilings.LimitsWithin(Core.Limits.None with { OpenFiles = 10 })[7]);
    }

    [Fact]
    public void A_process_that_is_over_has_none()
    {
        using var process = System.Diagnostics.Process.Start("true");
        using PidFd? held = PidFd.TryOpen(process.Id, out _);
        process.WaitForExit();
        if (held is not null) // it may have been reaped before it could be held
            Assert.Equal(Errno.ESRCH, Assert.Throws<SyscallException>(() => PilotCeilings.Of(held)).Errno);
    }
}
