using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli;

/// <summary>The scratch by way of a process that copies with the payload's rights (wire: <see cref="CopierMessage"/>).</summary>
internal sealed class CopierScratch(Descriptor socket) : IScratch
{
    private readonly byte[] _message = new byte[CopierMessage.MostBytes + 1];
    private long _length;

    public int TryPut(ReadOnlySpan<byte> name, uint mode, Descriptor from, long length)
    {
        int broken = Send(CopierMessageKind.Put, mode, 0, name);
        long sent = 0;
        int errno = broken != 0 ? broken : FileCopy.TryRead(from, length, (offset, bytes) =>
        {
            broken = offset > sent ? Send(CopierMessageKind.Skip, 0, offset - sent, []) : 0;
            sent = offset + bytes.Length;
            while (broken == 0 && !bytes.IsEmpty)
            {
                int count = Math.Min(bytes.Length, CopierMessage.MostData);
                broken = Send(CopierMessageKind.Data, 0, 0, bytes[..count]);
                bytes = bytes[count..];
            }

            return broken;
        });
        if (broken == 0 && errno == 0 && sent < length)
            broken = Send(CopierMessageKind.Skip, 0, length - sent, []);
        if (broken == 0)
            broken = Send(CopierMessageKind.End, 0, 0, []);
        if (broken != 0)
            return broken;
        int answer = TryReceive(out CopierMessage status, out _) && status.Kind == CopierMessageKind.Status ? (int)status.Number : Errno.EPIPE;
        return errno != 0 ? errno : answer;
    }

    public int TryFind(ReadOnlySpan<byte> name, out uint mode, out long length)
    {
        (mode, length) = (0, 0);
        int errno = Send(CopierMessageKind.Get, 0, 0, name);
        if (errno != 0)
            return errno;
        if (!TryReceive(out CopierMessage answer, out _) || answer.Kind is not (CopierMessageKind.File or CopierMessageKind.Status))
            return Errno.EPIPE;
        (mode, length, _length) = (answer.Number & 0x1ff, answer.Length, answer.Length);
        return answer.Kind == CopierMessageKind.File ? 0 : answer.Number == 0 ? Errno.EPIPE : (int)answer.Number;
    }

    public int TryTake(Descriptor to, Func<bool> isGivenUp)
    {
        int errno = Take(to, isGivenUp);
        return errno != 0 ? errno : Sys.TrySetLength(to, _length);
    }

    public void Leave() => _ = Take(null, () => false);

    public void Dispose() => socket.Dispose();

    // Everything is received, also after a failure: the next file comes behind it.
    private int Take(Descriptor? to, Func<bool> isGivenUp)
    {
        int errno = 0;
        long offset = 0;
        while (TryReceive(out CopierMessage message, out int length))
        {
            switch (message.Kind)
            {
                case CopierMessageKind.Data when length - CopierMessage.HeaderSize <= _length - offset:
                    ReadOnlySpan<byte> rest = _message.AsSpan(CopierMessage.HeaderSize, length - CopierMessage.HeaderSize);
                    while (to is not null && errno == 0 && !rest.IsEmpty)
                    {
                        int written = Math.Max(0, Sys.TryWriteAt(to, rest, offset, out errno));
                        offset += written;
                        rest = rest[written..];
                    }

                    break;
                case CopierMessageKind.Skip when message.Length <= _length - offset:
                    offset += message.Length;
                    break;
                case CopierMessageKind.Status:
                    return errno != 0 ? errno : (int)message.Number;
                default:
                    return Errno.EPIPE;
            }

            if (isGivenUp())
                return Errno.EINTR;
        }

        return Errno.EPIPE;
    }

    private int Send(CopierMessageKind kind, uint number, long length, ReadOnlySpan<byte> data)
    {
        byte[] message = new byte[CopierMessage.HeaderSize + data.Length];
        new CopierMessage(kind, number, length).Write(message);
        data.CopyTo(message.AsSpan(CopierMessage.HeaderSize));
        return Sys.TrySend(socket, message, [], out int errno) == message.Length ? 0 : errno == 0 ? Errno.EPIPE : errno;
    }

    private bool TryReceive(out CopierMessage message, out int length)
    {
        Received received = Sys.Receive(socket, _message, mostDescriptors: 0, out _);
        length = received.Length;
        message = default;
        return length > 0 && !received.IsTruncated && CopierMessage.TryRead(_message.AsSpan(0, length), out message);
    }
}
