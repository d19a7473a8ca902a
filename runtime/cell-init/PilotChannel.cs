using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>
/// The cell's end of the pilot's channel, read by a thread of its own that may hang: receiving and closing a stranger's descriptors
/// can block for as long as the stranger likes (FUSE, SO_LINGER).
/// </summary>
internal sealed class PilotChannel
{
    private const int MostWaiting = 1024;
    private readonly UnixSocket _socket;
    private readonly long _pilotEndInode;
    private readonly Mailbox _mailbox;

    private PilotChannel(UnixSocket socket, long pilotEndInode, Mailbox mailbox)
        => (_socket, _pilotEndInode, _mailbox) = (socket, pilotEndInode, mailbox);

    /// <summary>Takes over the socket, and the thread that reads from it from here on.</summary>
    internal static void Open(FileThread thread, UnixSocket socket, long pilotEndInode, Mailbox mailbox)
        => thread.Begin(new PilotChannel(socket, pilotEndInode, mailbox).Read);

    private void Read()
    {
        try
        {
            Listen();
        }
        catch (IOException)
        {
            // Something the kernel refused to say of a stranger's descriptor, or to this thread: the channel is of no use any more.
        }

        _mailbox.Post(new News.ChannelEnded());
    }

    private void Listen()
    {
        byte[] buffer = new byte[PilotMessage.Size + 1];
        bool streamsCame = false;
        while (true)
        {
            Received received = Sys.Receive(_socket, buffer, mostDescriptors: 3, out _);
            bool valid = received.Length > 0 && !received.IsTruncated;
            if (valid && PilotMessage.TryRead(buffer.AsSpan(0, received.Length), out PilotMessage message) && IsComplete(message, received.Descriptors.Length, streamsCame))
            {
                if (message.Kind != PilotMessageKind.Streams)
                {
                    // Who floods the channel loses signals, as a process does that is sent many of one kind.
                    if (_mailbox.Waiting < MostWaiting)
                        _mailbox.Post(message.Kind == PilotMessageKind.Signal ? new News.ForwardSignal(message.Signal) : new News.UsageWanted());
                    continue;
                }

                streamsCame = true;
                // From here on nobody can make this thread hang with descriptors, where the kernel knows how.
                _ = Sys.TryRefuseDescriptors(_socket);
                _mailbox.Post(Examine(message, received.Descriptors));
                continue;
            }

            // Posted before the descriptors are closed: closing may take for ever.
            _mailbox.Post(new News.ChannelEnded());
            foreach (Descriptor descriptor in received.Descriptors)
                descriptor.Dispose();
            return;
        }
    }

    private static bool IsComplete(PilotMessage message, int descriptors, bool streamsCame) => message.Kind switch
    {
        PilotMessageKind.Streams => !streamsCame && System.Numerics.BitOperations.PopCount(message.Streams) == descriptors,
        PilotMessageKind.Signal or PilotMessageKind.Usage => descriptors == 0,
        _ => false,
    };

    private News Examine(PilotMessage message, Descriptor[] descriptors)
    {
        var three = new Descriptor?[3];
        int next = 0;
        for (int i = 0; i < three.Length; i++)
        {
            if ((message.Streams & (1 << i)) == 0)
                continue;
            three[i] = descriptors[next++];
            if (WhyRefused(three[i]!) is string kind)
                return new News.StreamRefused(i, kind);
        }

        return new News.Streams(three);
    }

    private string? WhyRefused(Descriptor stream)
    {
        try
        {
            return StreamKind.WhyRefused(stream, _pilotEndInode);
        }
        catch (IOException e)
        {
            return $"a descriptor of which the kernel says: {e.Message}"; // a dead FUSE mount's, say
        }
    }
}
