using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>What one receive on a stream brought.</summary>
/// <param name="Length">Bytes read, 0 at the end, -1 on failure.</param>
/// <param name="Sender">Who sent these bytes, by the kernel's word; null where it was not asked for.</param>
/// <param name="HadDescriptors">Descriptors came with them. They have been closed, by the thread that received.</param>
public readonly record struct ReceivedBytes(int Length, PeerCredentials? Sender, bool HadDescriptors);

public static partial class Sys
{
    private const int SO_PASSCRED = 16;
    private const int SCM_CREDENTIALS = 2;
    private const int MSG_DONTWAIT = 0x40;

    /// <summary>From now on bytes come with their sender's credentials; those accepted from a listener inherit it.</summary>
    public static unsafe void AskForCredentials(Descriptor socket)
    {
        int on = 1;
        if (SetSockOptRaw(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof(int)) != 0)
            throw SyscallException.FromLastError("setsockopt", "SO_PASSCRED");
    }

    /// <summary>
    /// Receives bytes and their sender. Descriptors have no room in the message, so the kernel closes them on this thread, which a
    /// hostile sender can make last (SO_LINGER, a sleeping file server): call it only where the thread may hang.
    /// </summary>
    public static unsafe ReceivedBytes ReceiveBytes(Descriptor socket, Span<byte> buffer, out int errno)
    {
        const int room = 32; // one cmsghdr with struct ucred, aligned
        byte* control = stackalloc byte[room];
        fixed (byte* first = buffer)
        {
            IoVector vector = new() { Address = first, Length = (nuint)buffer.Length };
            MessageHeader header = new() { Vectors = &vector, VectorCount = 1, Control = control };
            nint count;
            do
            {
                header.ControlLength = room;
                count = RecvMsgRaw(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
                errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
            while (errno == Errno.EINTR);
            if (count < 0)
                return new ReceivedBytes(-1, null, false);

            bool isCredentials = header.ControlLength >= ControlHeader + 12 && *(int*)(control + 8) == SOL_SOCKET && *(int*)(control + 12) == SCM_CREDENTIALS;
            int* ucred = (int*)(control + ControlHeader);
            PeerCredentials? sender = isCredentials ? new PeerCredentials(ucred[0], (uint)ucred[1], (uint)ucred[2]) : null;
            // Where no credentials come, a few descriptors fit in their place.
            Descriptor[] passed = Passed(control, header.ControlLength);
            foreach (Descriptor descriptor in passed)
                descriptor.Dispose();
            return new ReceivedBytes((int)count, sender, passed.Length > 0 || (header.Flags & MSG_CTRUNC) != 0);
        }
    }
}
