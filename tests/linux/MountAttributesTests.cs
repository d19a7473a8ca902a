namespace Isolation.Linux.Tests;

/// <summary>Promise: a mount becomes read-only also while a child that is just being started holds a copy of what was open for writing on it.</summary>
public sealed class MountAttributesTests
{
    private const int EROFS = 30;

    [SkippableTheory]
    [InlineData(50, true)]
    [InlineData(60_000, false)]
    public async Task WhatIsOpenForWritingForAMomentIsWaitedFor(int milliseconds, bool isReadOnly)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root: it makes a file system");
        using Descriptor mount = NewMount.Make("tmpfs", 0, ("size", "64k"), ("mode", "755"));
        using CancellationTokenSource over = new();
        Descriptor file = Sys.Open(mount, "file", Sys.O_WRONLY | Sys.O_CREAT, 0x1a4);
        Task closing = Task.Run(async () =>
        {
            await Task.WhenAny(Task.Delay(milliseconds, over.Token));
            file.Dispose();
        });
        MountAttributes readOnly = new() { Set = MountAttributes.ReadOnly };
        if (isReadOnly)
        {
            Sys.SetMountAttributes(mount, readOnly, "test");
            Assert.Equal(EROFS, Assert.Throws<SyscallException>(() => Sys.Open(mount, "other", Sys.O_WRONLY | Sys.O_CREAT, 0x1a4)).Errno);
        }
        else
        {
            Assert.Equal(Errno.EBUSY, Assert.Throws<SyscallException>(() => Sys.SetMountAttributes(mount, readOnly, "test")).Errno);
        }

        await over.CancelAsync();
        await closing;
    }
}
