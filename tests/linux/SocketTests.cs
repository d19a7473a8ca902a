namespace Isolation.Linux.Tests;

/// <summary>Promise: messages keep their bounds and descriptors arrive close-on-exec; what is too much is told as cut, and nothing leaks.</summary>
public sealed class SocketTests
{
    [Fact]
    public void AMessageCarriesBytesAndDescriptors()
    {
        (UnixSocket left, UnixSocket right) = UnixSocket.Pair(UnixSocketKind.SeqPacket);
        using (left)
        using (right)
        {
            (Descriptor read, Descriptor write) = Sys.Pipe();
            Assert.Equal(2, Sys.Send(left, "hi"u8, [read.Number, write.Number]));
            read.Dispose();
            write.Dispose();
            byte[] buffer = new byte[16];
            Received received = Sys.Receive(right, buffer, 2, out int errno);
            Assert.Equal((2, 0, false, 2), (received.Length, errno, received.IsTruncated, received.Descriptors.Length));
            Sys.WriteAll(received.Descriptors[1], "through"u8);
            Assert.Equal(7, Sys.Read(received.Descriptors[0], buffer));
            foreach (Descriptor descriptor in received.Descriptors)
                descriptor.Dispose();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void DescriptorsInExcessAreToldAsCutAndDoNotStay(int allowed)
    {
        (UnixSocket left, UnixSocket right) = UnixSocket.Pair(UnixSocketKind.SeqPacket);
        using (left)
        using (right)
        {
            (Descriptor read, Descriptor write) = Sys.Pipe();
            int[] three = [write.Number, write.Number, write.Number];
            Sys.Send(left, "x"u8, three);
            write.Dispose();
            Received received = Sys.Receive(right, new byte[4], allowed, out _);
            Assert.True(received.IsTruncated);
            Assert.InRange(received.Descriptors.Length, 0, allowed + 1);
            foreach (Descriptor descriptor in received.Descriptors)
                descriptor.Dispose();
            // Every copy of the writing end is gone: the pipe has ended.
            Assert.Equal(PollEvents.HangUp, Sys.Poll(read, PollEvents.In, 1000));
            read.Dispose();
        }
    }

    [Fact]
    public void AMessageLongerThanTheBufferIsToldAsCut()
    {
        (UnixSocket left, UnixSocket right) = UnixSocket.Pair(UnixSocketKind.SeqPacket);
        using (left)
        using (right)
        {
            Sys.Send(left, new byte[100], []);
            Received received = Sys.Receive(right, new byte[10], 0, out _);
            Assert.Equal((10, true), (received.Length, received.IsTruncated));
        }
    }

    [Fact]
    public void TheEndIsAnEmptyMessageAndSendingToItFailsWithoutASignal()
    {
        (UnixSocket left, UnixSocket right) = UnixSocket.Pair(UnixSocketKind.SeqPacket);
        using (left)
        {
            right.Dispose();
            Assert.Equal(-1, Sys.TrySend(left, "x"u8, [], out int errno));
            Assert.Equal(Errno.EPIPE, errno);
            Assert.Equal(0, Sys.Receive(left, new byte[1], 0, out _).Length);
        }
    }

    [Fact]
    public void AListenerTellsWhoConnected()
    {
        string path = Path.Combine(Path.GetTempPath(), $"iso-s-{Guid.NewGuid():N}");
        try
        {
            using UnixSocket listener = UnixSocket.Listen(UnixSocketKind.Stream, path, 4);
            using UnixSocket client = UnixSocket.Connect(UnixSocketKind.Stream, path);
            using UnixSocket server = listener.Accept();
            PeerCredentials peer = Sys.PeerCredentialsOf(server);
            Assert.Equal(Environment.ProcessId, peer.Pid);
            using PidFd? process = Sys.TryPeerPidFd(server, out int errno);
            if (process is not null)
                Assert.Equal(Environment.ProcessId, PidFd.PidOf(process));
            else
                Assert.Equal(Errno.ENOPROTOOPT, errno); // Linux below 6.5
            Assert.Contains("bind", Assert.Throws<SyscallException>(() => UnixSocket.Listen(UnixSocketKind.Stream, path, 1)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void APathOf107BytesIsTheLongest()
    {
        string longest = "/tmp/" + new string('s', 102);
        try
        {
            UnixSocket.Listen(UnixSocketKind.Stream, longest, 1).Dispose();
        }
        finally
        {
            File.Delete(longest);
        }

        var failure = Assert.Throws<SyscallException>(() => UnixSocket.Listen(UnixSocketKind.Stream, longest + "s", 1));
        Assert.Contains("107", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ShutdownWakesAThreadThatWaits()
    {
        (UnixSocket left, UnixSocket right) = UnixSocket.Pair(UnixSocketKind.Stream);
        using (left)
        using (right)
        {
            Task<int> waiting = Task.Run(() => Sys.Receive(right, new byte[1], 0, out _).Length);
            Assert.False(waiting.IsCompleted);
            right.Shutdown();
            Assert.Equal(0, await waiting.WaitAsync(TimeSpan.FromSeconds(5)));
        }
    }
}
