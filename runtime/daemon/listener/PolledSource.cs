using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>Reads where no descriptor can arrive (SO_PASSRIGHTS off), hence where no receive can hang.</summary>
internal sealed class PolledSource(UnixSocket socket, EventWatch watch) : IByteSource
{
    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken ct)
    {
        while (true)
        {
            ReceivedBytes received = Sys.ReceiveBytes(socket, buffer.Span, out int errno);
            if (received.HadDescriptors)
                throw new WireException("descriptors came with a frame");
            if (received.Length >= 0)
                return received.Length;
            if (errno != Errno.EAGAIN)
                throw new SyscallException("recvmsg", "connection", errno);
            await watch.WhenAsync(socket, PollEvents.In, ct).ConfigureAwait(false);
        }
    }

    public void Rest()
    {
    }
}
