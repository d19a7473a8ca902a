using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>What one receive brought. Whoever receives it disposes the descriptors.</summary>
/// <param name="Length">Bytes read, 0 at the end, -1 on failure.</param>
/// <param name="Descriptors">What came with them; close-on-exec.</param>
/// <param name="IsTruncated">The message was longer than the buffer, or brought more descriptors than were allowed.</param>
public readonly record struct Received(int Length, Descriptor[] Descriptors, bool IsTruncated);

public static partial class Sys
{
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int MSG_TRUNC = 0x20;
    private const int MSG_CTRUNC = 0x8;

    /// <summary>
    /// Receives one message and at most <paramref name="mostDescriptors"/> descriptors. The kernel closes those in excess on this
    /// thread, which a hostile sender can make slow (SO_LINGER): call it only where the thread may hang.
    /// </summary>
    public static unsafe Received Receive(Descriptor socket, Span<byte> buffer, int mostDescriptors, out int errno)
    {
        int controlLength = mostDescriptors == 0 ? 0 : ControlHeader + (((mostDescriptors * sizeof(int)) + 7) & ~7);
        byte* control = stackalloc byte[controlLength + 1];
        fixed (byte* first = buffer)
        {
            IoVector vector = new() { Address = first, Length = (nuint)buffer.Length };
            MessageHeader header = new() { Vectors = &vector, VectorCount = 1, Control = controlLength > 0 ? control : null, ControlLength = (nuint)controlLength };
            nint count;
            do
            {
                header.ControlLength = (nuint)controlLength;
                count = RecvMsgRaw(socket, &header, MSG_CMSG_CLOEXEC);
                errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
            while (errno == Errno.EINTR);

            return count < 0
                ? new Received(-1, [], false)
                : new Received((int)count, Passed(control, header.ControlLength), (header.Flags & (MSG_TRUNC | MSG_CTRUNC)) != 0);
        }
    }

    private static unsafe Descriptor[] Passed(byte* control, nuint length)
    {
        if (length < ControlHeader || *(int*)(control + 8) != SOL_SOCKET || *(int*)(control + 12) != SCM_RIGHTS)
            return [];
        int count = (int)(*(nuint*)control - ControlHeader) / sizeof(int);
        var passed = new Descriptor[count];
        for (int i = 0; i < count; i++)
            passed[i] = new Descriptor(((int*)(control + ControlHeader))[i]);
        return passed;
    }

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static unsafe partial nint RecvMsgRaw(Descriptor socket, MessageHeader* message, int flags);
}
