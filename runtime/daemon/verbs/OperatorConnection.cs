using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>A connection to a living service, over which a verb asks as an operator does.</summary>
internal sealed class OperatorConnection : IDisposable
{
    private const int Deadline = 10_000; // ms
    private readonly UnixSocket _socket;

    private OperatorConnection(UnixSocket socket) => _socket = socket;

    /// <summary>Connects, and asks; the answer to the hello has been taken.</summary>
    /// <exception cref="SyscallException">Nobody serves there.</exception>
    /// <exception cref="IOException">It does not answer.</exception>
    /// <exception cref="WireException">Not in the protocol.</exception>
    public static OperatorConnection Ask(string path, ClientMessage request)
    {
        OperatorConnection connection = new(UnixSocket.Connect(UnixSocketKind.Stream, path));
        try
        {
            connection.Send(new HelloRequest(FrameFormat.Version, ProductInfo.Service));
            connection.Send(request);
            _ = connection.Answer();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The next answer.</summary>
    /// <param name="milliseconds">How long to wait for its first byte; -1 for ever.</param>
    public ServiceMessage Answer(int milliseconds = Deadline)
    {
        byte[] prefix = Take(FrameFormat.PrefixSize, milliseconds);
        return ClientJson.ReadAnswer(Take(FrameFormat.ReadPrefix(prefix), Deadline));
    }

    public void Dispose() => _socket.Dispose();

    private void Send(ClientMessage request)
    {
        byte[] content = ClientJson.Write(request), frame = new byte[FrameFormat.PrefixSize + content.Length];
        FrameFormat.WritePrefix(frame, content.Length);
        content.CopyTo(frame, FrameFormat.PrefixSize);
        Sys.WriteAll(_socket, frame);
    }

    private byte[] Take(int count, int milliseconds)
    {
        byte[] bytes = new byte[count];
        for (int taken = 0; taken < count;)
        {
            if (Sys.Poll(_socket, PollEvents.In, milliseconds) == PollEvents.None)
                throw new IOException($"nothing came within {milliseconds} ms");
            int length = Sys.Read(_socket, bytes.AsSpan(taken));
            taken += length > 0 ? length : throw new IOException("it closed the connection");
        }

        return bytes;
    }
}
