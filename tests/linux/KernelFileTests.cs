namespace Isolation.Linux.Tests;

/// <summary>Promise: what the kernel tells is read whole, or refused.</summary>
public sealed class KernelFileTests
{
    [Theory]
    [InlineData("/proc/self/status", "nonvoluntary_ctxt_switches:")]
    [InlineData("/proc/self/maps", " [stack]\n")] // more than one read gives
    public void The_whole_text_is_read(string path, string last)
    {
        string text = KernelFile.Text(path);
        Assert.Contains(last, text, StringComparison.Ordinal);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_longer_than_any_that_is_wanted_is_refused()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, new string('x', (4 << 20) + 1));
        Assert.Equal(Errno.EMSGSIZE, Assert.Throws<SyscallException>(() => KernelFile.Text(path)).Errno);
        File.WriteAllText(path, new string('x', 3 << 20));
        Assert.Equal(3 << 20, KernelFile.Text(path).Length);
        File.Delete(path);
    }

    [Fact]
    public void What_is_not_there_is_told_as_the_kernel_tells_it()
    {
        Assert.Equal(Errno.ENOENT, Assert.Throws<SyscallException>(() => KernelFile.Text("/proc/0/status")).Errno);
        Assert.Equal("", KernelFile.TextOrNothing("/proc/0/status"));
        Assert.Equal("", KernelFile.TextOrNothing("/proc/self"));
    }
}
