namespace Isolation.Linux.Tests;

/// <summary>Promise: the host's cgroups are read as the kernel writes them, and a process in any cell's leaf is recognised.</summary>
public sealed class CgroupTextTests
{
    [Fact]
    public void AHybridLayoutIsRead()
    {
        CgroupLayout layout = CgroupLayout.Parse(
        [
            "31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct",
            "32 24 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
            "33 24 0:29 /sub /mnt/partial rw - cgroup cgroup rw,pids",
            "34 24 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
            "35 24 0:31 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw,nsdelegate",
            "36 24 0:32 / /proc rw - proc proc rw",
            "malformed",
        ]);
        Assert.Equal("/sys/fs/cgroup/unified", layout.Unified);
        Assert.Equal(["cpu", "cpuacct", "memory"], layout.V1.Keys.Order());
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct", layout.V1["cpu"]);
    }

    [Fact]
    public void AHostWithoutV2HasNoUnifiedMount() => Assert.Null(CgroupLayout.Parse([]).Unified);

    [Theory]
    [InlineData("0::/isolation/cell-0189d1a2-b3c4-7def-8abc-0123456789ab\n", true)]
    [InlineData("4:memory:/x/cell-0189d1a2-b3c4-7def-8abc-0123456789ab/below\n0::/\n", true)]
    [InlineData("0::/isolation\n", false)]
    [InlineData("0::/cell-nothing\n", false)]
    [InlineData("0::/xcell-0189d1a2-b3c4-7def-8abc-0123456789ab\n", false)]
    [InlineData("", false)]
    [InlineData("rubbish\n:\n", false)]
    public void AProcessInACellIsRecognised(string text, bool inside) => Assert.Equal(inside, ProcessCgroups.Parse(text).IsInsideACell);

    [Fact]
    public void TheUnifiedPathMayHoldColons() => Assert.Equal("/a:b", ProcessCgroups.Parse("1:cpu:/x\n0::/a:b\n").Unified);

    [Theory]
    [InlineData("usage_usec 5\nuser_usec 3\nsystem_usec 2\n", "user_usec", 3L)]
    [InlineData("populated 0\nfrozen 0\n", "populated", 0L)]
    [InlineData("populated 0\n", "popul", null)]
    [InlineData("a x\n", "a", null)]
    [InlineData("", "a", null)]
    public void AFlatKeyedFileIsRead(string text, string key, long? value) => Assert.Equal(value, CgroupFile.Keyed(text, key));
}
