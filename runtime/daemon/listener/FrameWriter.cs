using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>Sends answers. A client that does not take one within the deadline loses its connection; nobody else waits. One answer at a time.</summary>
internal sealed class FrameWriter(UnixSocket socket, EventWatch watch, TimeSpan deadline, TimeProvider clock)
{
    /// <summary>Sends one answer; descriptors go with the first byte and stay the caller's.</summary>
    /// <exception cref="IOException">The client is gone, or did not take it in time.</exception>
    public async ValueTask WriteAsync(ServiceMessage message, int[]? descriptors = null)
    {
        byte[] frame = Frame(message);
        int sent = Send(frame, descriptors);
        if (sent == frame.Length)
            return;

        using CancellationTokenSource late = new(deadline, clock);
        // A watch of its own beside the connection's: the same open file under another number.
        using Descriptor waiting = socket.Duplicate();
        try
        {
            while (sent < frame.Length)
            {
                await watch.WhenAsync(waiting, PollEvents.Out, late.Token).ConfigureAwait(false);
                sent += Send(frame.AsSpan(sent), sent == 0 ? descriptors : null);
            }
        }
        catch (OperationCanceledException e)
        {
            throw new IOException($"the client did not take an answer within {deadline.TotalSeconds} s", e);
        }
    }

    internal static byte[] Frame(ServiceMessage message)
    {
        byte[] content = ClientJson.Write(message);
        byte[] frame = new byte[FrameFormat.PrefixSize + content.Length];
        FrameFormat.WritePrefix(frame, content.Length);
        content.CopyTo(frame, FrameFormat.PrefixSize);
        return frame;
    }

    private int Send(ReadOnlySpan<byte> bytes, int[]? descriptors)
    {
        int sent = Sys.TrySend(socket, bytes, descriptors ?? [], out int errno);
        return sent >= 0 ? sent : errno == Errno.EAGAIN ? 0 : throw new SyscallException("sendmsg", "connection", errno);
    }
}
