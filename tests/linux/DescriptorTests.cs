namespace Isolation.Linux.Tests;

/// <summary>Promise: a descriptor is closed exactly once, by whoever owns it, and no program started by us inherits one by accident.</summary>
public sealed class DescriptorTests
{
    [Fact]
    public void EveryDescriptorIsCloseOnExecFromBirth()
    {
        (Descriptor read, Descriptor write) = Sys.Pipe();
        (UnixSocket left, UnixSocket right) = UnixSocket.Pair(UnixSocketKind.SeqPacket);
        using Descriptor opened = Sys.Open(null, "/dev/null", Sys.O_RDWR);
        using Descriptor copy = opened.Duplicate(100);
        using EventFd counter = EventFd.Create();
        using Descriptor memory = SealedMemory.Create("test"u8, "x"u8);
        using PidFd self = PidFd.TryOpen(Environment.ProcessId, out _)!;
        Descriptor[] all = [read, write, left, right, opened, copy, counter, memory, self];
        Assert.All(all, d => Assert.True(HasFlag(d, "02000000"), $"descriptor {d.Number}"));
        Assert.True(copy.Number >= 100);

        Sys.SetCloseOnExec(copy, false);
        Assert.False(HasFlag(copy, "02000000"));
        foreach (Descriptor end in new Descriptor[] { read, write, left, right })
            end.Dispose();
    }

    [Fact]
    public void AReleasedDescriptorStaysOpenAndADisposedOneIsGone()
    {
        Descriptor first = Sys.Open(null, "/dev/null", Sys.O_RDONLY);
        int number = first.Release();
        first.Dispose();
        Assert.True(File.Exists($"/proc/self/fd/{number}"));
        Descriptor second = new(number);
        second.Dispose();
        second.Dispose();
        Assert.True(second.IsClosed);
    }

    [Fact]
    public void StatusFlagsAreToldAndBlockingIsSetAndCleared()
    {
        using Descriptor file = Sys.Open(null, "/dev/null", Sys.O_WRONLY | Sys.O_APPEND);
        Assert.Equal(Sys.O_WRONLY | Sys.O_APPEND, Sys.StatusFlags(file) & (3 | Sys.O_APPEND | Sys.O_NONBLOCK));
        Sys.SetNonBlocking(file, true);
        Assert.Equal(Sys.O_NONBLOCK, Sys.StatusFlags(file) & Sys.O_NONBLOCK);
        Sys.SetNonBlocking(file, false);
        Assert.Equal(0, Sys.StatusFlags(file) & Sys.O_NONBLOCK);
        using Descriptor place = Sys.Open(null, "/", Sys.O_PATH);
        Assert.Equal(Sys.O_PATH, Sys.StatusFlags(place) & Sys.O_PATH);
    }

    [Fact]
    public void AFailureNamesCallOperandAndReason()
    {
        var failure = Assert.Throws<SyscallException>(() => Sys.Open(null, "/no/such/file", Sys.O_RDONLY));
        Assert.Equal(Errno.ENOENT, failure.Errno);
        Assert.Equal("open(/no/such/file): No such file or directory (errno 2).", failure.Message);
        Assert.Null(Sys.TryOpen(null, "/no/such"u8, Sys.O_RDONLY, 0, out int errno));
        Assert.Equal(Errno.ENOENT, errno);
    }

    [Fact]
    public void PollTellsWhatHasComeAndWhatHasNot()
    {
        (Descriptor read, Descriptor write) = Sys.Pipe();
        using (read)
        {
            Assert.Equal(PollEvents.None, Sys.Poll(read, PollEvents.In, 0));
            Assert.Equal(PollEvents.Out, Sys.Poll(write, PollEvents.Out, 0));
            Sys.WriteAll(write, "abc"u8);
            Assert.Equal(PollEvents.In, Sys.Poll(read, PollEvents.In, 1000));
            byte[] buffer = new byte[8];
            Assert.Equal(3, Sys.Read(read, buffer));
            write.Dispose();
            Assert.Equal(PollEvents.HangUp, Sys.Poll(read, PollEvents.In, 1000));
            Assert.Equal(0, Sys.Read(read, buffer));
            Span<PollEntry> entries = [new PollEntry { Number = -1, Wanted = PollEvents.In }, new PollEntry { Number = 9999, Wanted = PollEvents.In }];
            Assert.Equal(1, Sys.Poll(entries, 0));
            Assert.Equal(PollEvents.None, entries[0].Seen);
            Assert.Equal(PollEvents.Invalid, entries[1].Seen);
        }
    }

    [Fact]
    public void AnEventIsRaisedAndCleared()
    {
        using EventFd counter = EventFd.Create();
        Assert.Equal(PollEvents.None, Sys.Poll(counter, PollEvents.In, 0));
        counter.Raise();
        counter.Raise();
        Assert.Equal(PollEvents.In, Sys.Poll(counter, PollEvents.In, 0));
        counter.Clear();
        Assert.Equal(PollEvents.None, Sys.Poll(counter, PollEvents.In, 0));
    }

    [Fact]
    public void RandomBytesDiffer()
    {
        Assert.Equal(32, Sys.RandomBytes(32).Length);
        Assert.NotEqual(Sys.RandomBytes(32), Sys.RandomBytes(32));
    }

    private static bool HasFlag(Descriptor fd, string octal)
        => (Convert.ToInt64(File.ReadLines($"/proc/self/fdinfo/{fd.Number}").First(l => l.StartsWith("flags:", StringComparison.Ordinal))[6..].Trim(), 8)
            & Convert.ToInt64(octal, 8)) != 0;
}
