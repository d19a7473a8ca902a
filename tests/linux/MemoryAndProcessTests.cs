using System.Diagnostics;

namespace Isolation.Linux.Tests;

/// <summary>Promise: a command block cannot change after it was checked, and a process once held is never taken for another.</summary>
public sealed class MemoryAndProcessTests
{
    [Fact]
    public void SealedMemoryCannotBeWrittenGrownOrShrunk()
    {
        using Descriptor memory = SealedMemory.Create("block"u8, "content"u8);
        Assert.True(SealedMemory.IsSealed(memory));
        byte[] buffer = new byte[16];
        Assert.Equal(7, Sys.ReadAt(memory, buffer, 0));
        Assert.Equal(-1, Sys.TryWrite(memory, "x"u8, out int errno));
        Assert.Equal(Errno.EPERM, errno);
        using var again = new FileStream($"/proc/self/fd/{memory.Number}", FileMode.Open, FileAccess.ReadWrite);
        Assert.ThrowsAny<Exception>(() => again.SetLength(1));
        Assert.ThrowsAny<Exception>(() => again.SetLength(100));
    }

    [Fact]
    public void OtherFilesAreNotSealed()
    {
        using Descriptor file = Sys.Open(null, "/dev/null", Sys.O_RDWR);
        Assert.False(SealedMemory.IsSealed(file));
        (UnixSocket left, UnixSocket right) = UnixSocket.Pair(UnixSocketKind.Stream);
        using (left)
        using (right)
            Assert.False(SealedMemory.IsSealed(left));
    }

    [Fact]
    public void APidFdKnowsItsProcessSignalsItAndTellsItsEnd()
    {
        using Process sleep = Process.Start("sleep", "60");
        using PidFd held = PidFd.TryOpen(sleep.Id, out _)!;
        Assert.Equal(sleep.Id, PidFd.PidOf(held));
        Assert.Equal(sleep.Id, held.Pid);
        Assert.False(held.IsOver);
        Assert.True(held.Signal(0));
        Assert.True(held.Signal(9));
        sleep.WaitForExit();
        Assert.True(held.IsOver);
        Assert.False(held.Signal(9));
        Assert.Equal(-1, PidFd.PidOf(held));
        Assert.Equal(-1, held.Pid);
    }

    [Fact]
    public void WhatIsNoPidFdIsKnownAsSuch()
    {
        using Descriptor file = Sys.Open(null, "/dev/null", Sys.O_RDONLY);
        Assert.Null(PidFd.PidOf(file));
        Assert.Null(PidFd.TryOpen(0x3fffff, out int errno));
        Assert.Equal(Errno.ESRCH, errno);
    }
}
