using System.Buffers.Binary;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>
/// Promise: whatever a client sends, it gets an error frame or a failed send and its connection is closed, and the service is unharmed.
/// Each runs as this kernel is, and without what newer kernels bring.
/// </summary>
public sealed class ListenerTests
{
    // A client that is prompt must hold them even where the machine stands still for a second.
    private static readonly Deadlines Short = new(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(300));

    public static TheoryData<string> Kernels => ["", "pass-rights", "peer-pidfd", "pass-rights,peer-pidfd"];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void AClientIsGreetedAndAnswered(string without)
    {
        using Front front = new(without);
        using TestClient client = front.Connect();
        Assert.Equal("TEST", client.Ask<StatusAnswer>(new StatusRequest()).Site);
        Assert.Empty(client.Ask<PayloadsAnswer>(new ListRequest()).Payloads);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void DescriptorsAreNotTaken(string without)
    {
        using Front front = new(without);
        // Told by its name: other tests open descriptors in this process meanwhile.
        string file = Path.Combine(front.Directory, "attached");
        for (int i = 0; i < 20; i++)
        {
            using TestClient client = front.Connect(greet: false);
            using FileStream attached = File.Create(file);
            byte[] hello = TestClient.Frame(ClientJson.Write(new HelloRequest(FrameFormat.Version)));
            if (Sys.TrySend(client.Socket, hello, [(int)attached.SafeFileHandle.DangerousGetHandle()], out int errno) < 0)
                Assert.Equal(Errno.EPERM, errno);
            else
                Assert.Equal(ErrorCodes.BadFrame, client.Receive<ErrorAnswer>().Code);
        }

        Unharmed(front);
        bool IsOpen() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Any(fd => new FileInfo(fd).LinkTarget == file);
        Assert.True(SpinWait.SpinUntil(() => !IsOpen(), TimeSpan.FromSeconds(10)), "descriptors are left");
    }

    [Theory]
    [InlineData("pass-rights")]
    [InlineData("pass-rights,peer-pidfd")]
    public void ASocketThatLingersWhenItIsClosedHoldsUpNobody(string without)
    {
        using Front front = new(without);
        using System.Net.Sockets.Socket listener = new(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        listener.ReceiveBufferSize = 4096;
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        listener.Listen(20);
        for (int i = 0; i < 4; i++)
        {
            using TestClient client = front.Connect(greet: false);
            using System.Net.Sockets.Socket lingering = new(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            lingering.Connect(listener.LocalEndPoint!);
            lingering.Blocking = false;
            while (lingering.Send(new byte[65536], 0, 65536, System.Net.Sockets.SocketFlags.None, out System.Net.Sockets.SocketError full) > 0 && full == System.Net.Sockets.SocketError.Success)
            {
            }

            lingering.LingerState = new System.Net.Sockets.LingerOption(true, 2);
            // The service's copy is the last: whoever closes that waits for two seconds.
            _ = Sys.TrySend(client.Socket, "bytes"u8, [(int)lingering.Handle], out _);
            ThreadPool.QueueUserWorkItem(static socket => socket.Close(), lingering.SafeHandle, preferLocal: false);
        }

        long started = Environment.TickCount64;
        for (int i = 0; i < 5; i++)
            Unharmed(front);
        Assert.InRange(Environment.TickCount64 - started, 0, 1000);
    }

    [SkippableFact]
    public void WhereTheKernelCanTheSendItselfFails()
    {
        using Front front = new();
        Skip.IfNot(front.Listener.Kernel.PassRights, "this kernel has no SO_PASSRIGHTS");
        using TestClient client = front.Connect(greet: false);
        using EventFd attached = EventFd.Create();
        Assert.Equal(-1, Sys.TrySend(client.Socket, [0], [attached.Number], out int errno));
        Assert.Equal(Errno.EPERM, errno);
    }

    public static TheoryData<string, string> BadFrames
    {
        get
        {
            TheoryData<string, string> all = [];
            foreach (string without in (string[])["", "pass-rights,peer-pidfd"])
                foreach (string bad in (string[])["not json", "null", "[]", "{}", "{\"type\":\"bogus\"}", "{\"type\":\"hello\"}", "{\"type\":\"status\"}", "{\"type\":\"hello\",\"version\":1,\"more\":2}"])
                    all.Add(without, bad);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(BadFrames))]
    public void AFrameThatIsNoneIsToldAndEndsTheConnection(string without, string content)
    {
        using Front front = new(without);
        using TestClient client = front.Connect(greet: false);
        client.Send(TestClient.Frame(System.Text.Encoding.UTF8.GetBytes(content)));
        Assert.Equal(ErrorCodes.BadFrame, client.Receive<ErrorAnswer>().Code);
        Assert.Null(client.Receive());
        Unharmed(front);
    }

    [Theory]
    [InlineData("", uint.MaxValue)]
    [InlineData("", 0u)]
    [InlineData("pass-rights,peer-pidfd", uint.MaxValue)]
    public void AnImpossibleLengthIsTold(string without, uint length)
    {
        using Front front = new(without);
        using TestClient client = front.Connect(greet: false);
        byte[] prefix = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(prefix, length);
        client.Send(prefix);
        Assert.Equal(ErrorCodes.BadFrame, client.Receive<ErrorAnswer>().Code);
        Assert.Null(client.Receive());
    }

    [Fact]
    public void AnotherVersionIsTold()
    {
        using Front front = new();
        using TestClient client = front.Connect(greet: false);
        Assert.Equal(ErrorCodes.BadVersion, client.Ask<ErrorAnswer>(new HelloRequest(99)).Code);
        Assert.Null(client.Receive());
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void WhoeverIsSlowIsSentAway(string without)
    {
        using Front front = new(without, deadlines: Short);
        using TestClient silent = front.Connect(greet: false);
        using TestClient half = front.Connect();
        half.Send([0, 0]);
        Assert.Equal(ErrorCodes.BadFrame, silent.Receive<ErrorAnswer>().Code);
        Assert.Null(silent.Receive());
        Assert.Equal(ErrorCodes.BadFrame, half.Receive<ErrorAnswer>().Code);
        Assert.Null(half.Receive());
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public async Task WhoeverSendsByteByByteHasNoMoreTimeThanOthers(string without)
    {
        using Front front = new(without, deadlines: Short);
        using TestClient first = front.Connect(greet: false), later = front.Connect();
        later.Ask<StatusAnswer>(new StatusRequest());
        byte[] drip = TestClient.Frame(new byte[1000]);
        long started = Environment.TickCount64;
        bool firstEnded = false, laterEnded = false;
        for (int i = 0; i < drip.Length && !(firstEnded && laterEnded); i++)
        {
            firstEnded |= Sys.TrySend(first.Socket, drip.AsSpan(i, 1), [], out _) < 0;
            laterEnded |= Sys.TrySend(later.Socket, drip.AsSpan(i, 1), [], out _) < 0;
            await Task.Delay(20);
        }

        Assert.True(firstEnded && laterEnded, "the frames were waited for to their last byte");
        Assert.InRange(Environment.TickCount64 - started, (long)Short.Request.TotalMilliseconds * 4 / 5, 15_000);
        Unharmed(front);
    }

    [Fact]
    public async Task AnIdleConnectionMayStayAfterItsFirstRequest()
    {
        using Front front = new(deadlines: Short);
        using TestClient client = front.Connect();
        client.Ask<StatusAnswer>(new StatusRequest());
        await Task.Delay(Short.Request * 2);
        client.Ask<StatusAnswer>(new StatusRequest());
    }

    [Fact]
    public void WhoeverDoesNotReadLosesItsConnectionAndNobodyElseWaits()
    {
        using Front front = new(deadlines: Short);
        using TestClient deaf = front.Connect();
        Sys.SetNonBlocking(deaf.Socket, true);
        byte[] status = TestClient.Frame(ClientJson.Write(new StatusRequest()));
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                _ = Sys.TrySend(deaf.Socket, status, [], out int errno);
                return errno is Errno.EPIPE or Errno.ECONNRESET;
            }, TimeSpan.FromSeconds(10)));
        Unharmed(front);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void OneUidHasItsShareAndOperatorsALittleMore(string without)
    {
        using Front front = new(without, new ShareCaps(Connections: 3, OperatorExtra: 2, Threads: 64, FrameBytes: 1 << 20, CommandBytes: 1 << 20));
        int most = Sys.EffectiveUid() == 0 ? 5 : 3;
        List<TestClient> clients = [.. Enumerable.Range(0, most).Select(_ => front.Connect())];
        using (TestClient tooMany = front.Connect(greet: false))
        {
            Assert.Equal(ErrorCodes.Busy, tooMany.Receive<ErrorAnswer>().Code);
            Assert.Null(tooMany.Receive());
        }

        clients.ForEach(c => c.Dispose());
        // Given back as soon as the service has seen the ends.
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                using TestClient again = front.Connect(greet: false);
                // Refused, the connection may be closed before anything is sent: the answer is there all the same.
                _ = Sys.TrySend(again.Socket, TestClient.Frame(ClientJson.Write(new HelloRequest(FrameFormat.Version))), [], out _);
                return again.Receive() is HelloAnswer;
            }, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void ReadingThreadsHaveTheirShareToo()
    {
        using Front front = new("pass-rights", new ShareCaps(Connections: 100, OperatorExtra: 0, Threads: 2, FrameBytes: 1 << 20, CommandBytes: 1 << 20));
        using TestClient one = front.Connect();
        using TestClient two = front.Connect();
        using TestClient three = front.Connect(greet: false);
        Assert.Equal(ErrorCodes.Busy, three.Receive<ErrorAnswer>().Code);
        one.Ask<StatusAnswer>(new StatusRequest());
    }

    [Fact]
    public void AStaleSocketFileIsReplacedAndOneIsLeftBehindByNobody()
    {
        string path;
        using (Front front = new())
        {
            path = front.Socket;
            Assert.Equal((UnixFileMode)0x1b6, File.GetUnixFileMode(path));
            front.Listener.Stop();
            Assert.False(File.Exists(path));
        }
    }

    [Fact]
    public void ManyThatComeAndGoLeaveNothing()
    {
        using Front front = new();
        Parallel.For(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            using TestClient client = front.Connect(greet: i % 3 != 0);
            if (i % 3 == 1)
                client.Ask<StatusAnswer>(new StatusRequest());
        });
        Unharmed(front);
        // A bare count would also see the runtime's own files.
        Assert.True(SpinWait.SpinUntil(() => Directory.GetFiles("/proc/self/fd").Length < 250, TimeSpan.FromSeconds(10)));
    }

    private static void Unharmed(Front front)
    {
        using TestClient other = front.Connect();
        Assert.Equal("TEST", other.Ask<StatusAnswer>(new StatusRequest()).Site);
    }
}
