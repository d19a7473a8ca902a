using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>
/// Copies files between a client and a payload's scratch, where a mount cannot do it. The warden executes it with the payload account's ids,
/// descriptor 3 the socket, descriptor 4 the scratch, and descriptor 5 a pipe of which only the warden holds the other end: it can do nothing that the payload
/// could not, and ends with its warden, which alone knows whose account it has.
/// </summary>
internal sealed class Copier : IDisposable
{
    private const int SocketNumber = 3;
    private const int ScratchNumber = 4;
    private const int WardenNumber = 5;
    private const int SIGKILL = 9;
    private readonly UnixSocket _socket = new(SocketNumber);
    private readonly Descriptor _scratch = new(ScratchNumber);
    private readonly byte[] _message = new byte[CopierMessage.MostBytes + 1];

    private Copier() { }

    /// <summary>Serves until the client is gone, or breaks the protocol.</summary>
    internal static int Serve()
    {
        new Thread(EndWithTheWarden, maxStackSize: 128 << 10) { IsBackground = true }.Start();
        using Copier copier = new();
        while (copier.TryReceive(out CopierMessage message, out int length))
        {
            byte[] name = copier._message[CopierMessage.HeaderSize..length];
            bool goesOn = message.Kind switch
            {
                CopierMessageKind.Put => copier.TryPut(name, message.Number),
                CopierMessageKind.Get => copier.TryGet(name),
                _ => false,
            };
            if (!goesOn)
                break;
        }

        return 0;
    }

    // A thread of its own: the other one may wait for a client that does not read.
    private static void EndWithTheWarden()
    {
        using Descriptor warden = new(WardenNumber);
        _ = Sys.Poll(warden, PollEvents.In, -1);
        Sys.SignalSelf(SIGKILL);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _scratch.Dispose();
    }

    // All data is taken, also after a failure: the client sends without waiting for an answer.
    private bool TryPut(byte[] name, uint mode)
    {
        using Descriptor? file = FilesBelow.TryCreate(_scratch, name, out int errno);
        long offset = 0;
        while (TryReceive(out CopierMessage message, out int length))
        {
            switch (message.Kind)
            {
                case CopierMessageKind.Data when errno == 0:
                    errno = Write(file!, _message.AsSpan(CopierMessage.HeaderSize, length - CopierMessage.HeaderSize), ref offset);
                    break;
                case CopierMessageKind.Skip when errno == 0:
                    errno = offset > long.MaxValue - message.Length ? Errno.EINVAL : 0;
                    offset += errno == 0 ? message.Length : 0;
                    break;
                case CopierMessageKind.Data or CopierMessageKind.Skip:
                    break;
                case CopierMessageKind.End:
                    errno = errno != 0 ? errno : Sys.TrySetLength(file!, offset);
                    return TrySend(CopierMessageKind.Status, (uint)(errno != 0 ? errno : Sys.TrySetMode(file!, mode)), 0, []);
                default:
                    return false;
            }
        }

        return false;
    }

    private static int Write(Descriptor file, ReadOnlySpan<byte> bytes, ref long offset)
    {
        int errno = 0;
        while (errno == 0 && !bytes.IsEmpty)
        {
            int written = Math.Max(0, Sys.TryWriteAt(file, bytes, offset, out errno));
            offset += written;
            bytes = bytes[written..];
        }

        return errno;
    }

    private bool TryGet(byte[] name)
    {
        using Descriptor? file = FilesBelow.TryOpen(_scratch, name, out FileStatus status, out int errno);
        if (file is null)
            return TrySend(CopierMessageKind.Status, (uint)errno, 0, []);
        bool isHeard = TrySend(CopierMessageKind.File, status.Mode & 0x1ff, status.Size, []);
        long sent = 0;
        errno = FileCopy.TryRead(file, status.Size, (offset, bytes) =>
        {
            isHeard = isHeard && (offset == sent || TrySend(CopierMessageKind.Skip, 0, offset - sent, []));
            sent = offset + bytes.Length;
            while (isHeard && !bytes.IsEmpty)
            {
                int count = Math.Min(bytes.Length, CopierMessage.MostData);
                isHeard = TrySend(CopierMessageKind.Data, 0, 0, bytes[..count]);
                bytes = bytes[count..];
            }

            return isHeard ? 0 : Errno.EPIPE;
        });
        if (isHeard && errno == 0 && sent < status.Size)
            isHeard = TrySend(CopierMessageKind.Skip, 0, status.Size - sent, []);
        return isHeard && TrySend(CopierMessageKind.Status, (uint)errno, 0, []);
    }

    private bool TryReceive(out CopierMessage message, out int length)
    {
        Received received = Sys.Receive(_socket, _message, mostDescriptors: 0, out _);
        length = received.Length;
        message = default;
        return length > 0 && !received.IsTruncated && CopierMessage.TryRead(_message.AsSpan(0, length), out message);
    }

    private bool TrySend(CopierMessageKind kind, uint number, long length, ReadOnlySpan<byte> data)
    {
        byte[] message = new byte[CopierMessage.HeaderSize + data.Length];
        new CopierMessage(kind, number, length).Write(message);
        data.CopyTo(message.AsSpan(CopierMessage.HeaderSize));
        return Sys.TrySend(_socket, message, [], out _) == message.Length;
    }
}
