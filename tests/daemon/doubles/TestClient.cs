using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>A client that blocks, with a deadline, and keeps the descriptors it gets.</summary>
internal sealed class TestClient : IDisposable
{
    private const int Deadline = 10_000; // ms
    private readonly List<byte> _bytes = [];

    public TestClient(string path, bool greet)
    {
        Socket = UnixSocket.Connect(UnixSocketKind.Stream, path);
        if (!greet)
            return;
        Send(new HelloRequest(FrameFormat.Version, "test"));
        Assert.Equal(FrameFormat.Version, Assert.IsType<HelloAnswer>(Receive()).Version);
    }

    public UnixSocket Socket { get; }

    public List<Descriptor> Descriptors { get; } = [];

    public static byte[] Frame(byte[] content)
    {
        byte[] frame = new byte[FrameFormat.PrefixSize + content.Length];
        FrameFormat.WritePrefix(frame, content.Length);
        content.CopyTo(frame, FrameFormat.PrefixSize);
        return frame;
    }

    public void Send(ClientMessage message) => Send(Frame(ClientJson.Write(message)));

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[Sys.Send(Socket, bytes, [])..];
    }

    /// <summary>The next answer; null at the end.</summary>
    public ServiceMessage? Receive()
    {
        if (!Fill(FrameFormat.PrefixSize))
            return null;
        int length = FrameFormat.ReadPrefix(_bytes.Take(FrameFormat.PrefixSize).ToArray());
        Assert.True(Fill(FrameFormat.PrefixSize + length), "the connection ended inside an answer");
        ServiceMessage answer = ClientJson.ReadAnswer(_bytes.Skip(FrameFormat.PrefixSize).Take(length).ToArray());
        _bytes.RemoveRange(0, FrameFormat.PrefixSize + length);
        return answer;
    }

    public T Receive<T>() where T : ServiceMessage => Assert.IsType<T>(Receive());

    public T Ask<T>(ClientMessage request) where T : ServiceMessage
    {
        Send(request);
        return Receive<T>();
    }

    public void Dispose()
    {
        Socket.Dispose();
        Descriptors.ForEach(d => d.Dispose());
    }

    private bool Fill(int count)
    {
        byte[] buffer = new byte[65536];
        while (_bytes.Count < count)
        {
            Assert.NotEqual(PollEvents.None, Sys.Poll(Socket, PollEvents.In, Deadline));
            Received received = Sys.Receive(Socket, buffer, 4, out int errno);
            Descriptors.AddRange(received.Descriptors);
            if (received.Length == 0 || errno == Errno.ECONNRESET)
                return false;
            Assert.True(received.Length > 0, ErrnoText.Of(errno));
            _bytes.AddRange(buffer.AsSpan(0, received.Length));
        }

        return true;
    }
}
