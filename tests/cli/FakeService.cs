using System.Collections.Concurrent;
using System.Text;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli.Tests;

/// <summary>
/// A service that speaks the protocol over a real socket and lets the test play the rest. Requests are read with the contract's
/// own reader, so that a frame which the real service would refuse fails here too.
/// </summary>
internal sealed class FakeService : IDisposable
{
    private readonly UnixSocket _listener;
    private readonly BlockingCollection<FakeConnection> _connections = [];

    public FakeService()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("isolation-cli-").FullName;
        Socket = Path.Combine(Directory, "isolation.sock");
        _listener = UnixSocket.Listen(UnixSocketKind.Stream, Socket, 64);
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public string Directory { get; }

    public string Socket { get; }

    /// <summary>The next client.</summary>
    public FakeConnection Next()
        => _connections.TryTake(out FakeConnection? next, TimeSpan.FromSeconds(20)) ? next : throw new TimeoutException("no client came");

    public void Dispose()
    {
        _listener.Shutdown();
        _listener.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private void Accept()
    {
        try
        {
            while (true)
                _connections.Add(new FakeConnection(_listener.Accept()));
        }
        catch (Exception e) when (e is SyscallException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}

/// <summary>One client of the fake service.</summary>
internal sealed class FakeConnection(UnixSocket socket) : IDisposable
{
    public const string Id = "01930000-0000-7000-8000-000000000001";
    public const string Handle = "00112233445566778899aabbccddeeff";

    /// <summary>The cell's end of the pilot's channel, after <see cref="Enter"/>.</summary>
    public UnixSocket? Cell { get; private set; }

    /// <summary>The client's streams, by number, after <see cref="Enter"/>; null where closed.</summary>
    public Descriptor?[] Streams { get; } = new Descriptor?[3];

    /// <summary>Reads hello and the request, and answers hello.</summary>
    public T Greet<T>() where T : ClientMessage
    {
        Assert.Equal(FrameFormat.Version, Assert.IsType<HelloRequest>(ReadRequest()).Version);
        T request = Assert.IsType<T>(ReadRequest());
        Send(new HelloAnswer(FrameFormat.Version, "fake 1"));
        return request;
    }

    /// <summary>Sends <c>entered</c> with the channel, and takes the streams.</summary>
    public void Enter()
    {
        (UnixSocket cell, UnixSocket client) = UnixSocket.Pair(UnixSocketKind.SeqPacket);
        Cell = cell;
        using (client)
            Send(new EnteredAnswer(Id, Handle), client.Number);
        Span<byte> bytes = stackalloc byte[64];
        Received received = Sys.Receive(cell, bytes, 3, out _);
        Assert.Equal(PilotMessage.Size, received.Length);
        Assert.True(PilotMessage.TryRead(bytes[..8], out PilotMessage message));
        Assert.Equal(PilotMessageKind.Streams, message.Kind);
        Assert.Equal(byte.PopCount(message.Streams), received.Descriptors.Length);
        int next = 0;
        for (int stream = 0; stream < 3; stream++)
            Streams[stream] = (message.Streams & (1 << stream)) != 0 ? received.Descriptors[next++] : null;
    }

    /// <summary>Ends the connection, as a service does that dies; the cell lives on.</summary>
    public void Hang() => socket.Shutdown();

    public void Start() => Send(new StartedAnswer(new WirePayload { Id = Id, State = "running", Handle = Handle, Pid = 4711, Level = "setuid", Room = "classic" }));

    /// <summary>The payload is over: its streams are closed (a reader of them waits for that), and the client is told.</summary>
    public void End(WireEnding ending, WireUsage? usage = null)
    {
        CloseStreams();
        Send(new EndedAnswer(Id, ending, usage));
    }

    public void End(int exitCode) => End(new WireEnding { Kind = "exited", Code = exitCode }, new WireUsage(new Dictionary<string, long> { ["wallMicroseconds"] = 1500 }));

    /// <summary>The next message of the channel; null when nothing comes in that time, or the client has gone.</summary>
    public PilotMessage? NextMessage(int milliseconds = 10_000)
    {
        // A child that stops or goes on sends SIGCHLD, which interrupts the wait: it is taken up again.
        long until = Environment.TickCount64 + milliseconds;
        while ((Sys.Poll(Cell!, PollEvents.In, (int)Math.Max(until - Environment.TickCount64, 0)) & PollEvents.In) == 0)
        {
            if (Environment.TickCount64 >= until)
                return null;
        }

        Span<byte> bytes = stackalloc byte[64];
        int length = Sys.Read(Cell!, bytes);
        return PilotMessage.TryRead(bytes[..length], out PilotMessage message) ? message : null;
    }

    public void Send(ServiceMessage message, params ReadOnlySpan<int> descriptors) => SendFrame(ClientJson.Write(message), descriptors);

    public void SendFrame(byte[] json, params ReadOnlySpan<int> descriptors)
    {
        byte[] frame = new byte[FrameFormat.PrefixSize + json.Length];
        FrameFormat.WritePrefix(frame, json.Length);
        json.CopyTo(frame.AsSpan(FrameFormat.PrefixSize));
        ReadOnlySpan<byte> rest = frame;
        rest = rest[Sys.Send(socket, rest, descriptors)..];
        while (!rest.IsEmpty)
            rest = rest[Sys.Send(socket, rest, [])..];
    }

    public void SendBytes(ReadOnlySpan<byte> bytes) => _ = Sys.Send(socket, bytes, []);

    public ClientMessage ReadRequest()
    {
        byte[] prefix = ReadExactly(FrameFormat.PrefixSize);
        return ClientJson.ReadRequest(ReadExactly(FrameFormat.ReadPrefix(prefix)));
    }

    public void Write(int stream, string text) => Sys.WriteAll(Streams[stream]!, Encoding.UTF8.GetBytes(text));

    public void CloseStreams()
    {
        foreach (Descriptor? stream in Streams)
            stream?.Dispose();
    }

    public void Dispose()
    {
        CloseStreams();
        Cell?.Dispose();
        socket.Dispose();
    }

    private byte[] ReadExactly(int length)
    {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length;)
        {
            int count = Sys.Read(socket, bytes.AsSpan(at));
            Assert.True(count > 0, "the client went away in the middle of a frame");
            at += count;
        }

        return bytes;
    }
}
