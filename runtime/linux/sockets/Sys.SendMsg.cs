using System.Runtime.InteropServices;

namespace Isolation.Linux;

// struct msghdr and struct iovec, x86-64.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public void* Address;
    public nuint Length;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public void* Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public void* Control;
    public nuint ControlLength;
    public int Flags;
}

public static partial class Sys
{
    /// <summary>The most descriptors in one message (SCM_MAX_FD of the kernel).</summary>
    public const int MaxDescriptorsInMessage = 253;

    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int ControlHeader = 16; // struct cmsghdr

    /// <summary>Sends bytes and descriptors in one message; the descriptors stay the caller's.</summary>
    /// <returns>How many bytes went; the descriptors went with the first.</returns>
    public static int Send(Descriptor socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors)
        => TrySend(socket, bytes, descriptors, out int errno) is int sent and >= 0 ? sent : throw new SyscallException("sendmsg", $"{bytes.Length} bytes", errno);

    /// <summary>As <see cref="Send"/>.</summary>
    /// <returns>-1, with the error number.</returns>
    public static int TrySend(Descriptor socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors, out int errno)
        => TrySend(socket, bytes, descriptors, MSG_NOSIGNAL, out errno);

    /// <summary>Sends bytes if that needs no waiting: EAGAIN where the other end has not read enough.</summary>
    /// <returns>-1, with the error number.</returns>
    public static int TrySendNow(Descriptor socket, ReadOnlySpan<byte> bytes, out int errno) => TrySendNow(socket, bytes, [], out errno);

    /// <summary>As <see cref="TrySendNow(Descriptor, ReadOnlySpan{byte}, out int)"/>, with descriptors, which stay the caller's.</summary>
    public static int TrySendNow(Descriptor socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors, out int errno)
        => TrySend(socket, bytes, descriptors, MSG_NOSIGNAL | MSG_DONTWAIT, out errno);

    private static unsafe int TrySend(Descriptor socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors, int flags, out int errno)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaxDescriptorsInMessage);
        int payload = descriptors.Length * sizeof(int);
        int controlLength = payload == 0 ? 0 : ControlHeader + ((payload + 7) & ~7);
        byte* control = stackalloc byte[controlLength + 1];
        if (payload > 0)
        {
            new Span<byte>(control, controlLength).Clear();
            *(nuint*)control = (nuint)(ControlHeader + payload);
            *(int*)(control + 8) = SOL_SOCKET;
            *(int*)(control + 12) = SCM_RIGHTS;
            descriptors.CopyTo(new Span<int>(control + ControlHeader, descriptors.Length));
        }

        fixed (byte* first = bytes)
        {
            IoVector vector = new() { Address = first, Length = (nuint)bytes.Length };
            MessageHeader header = new() { Vectors = &vector, VectorCount = 1, Control = payload > 0 ? control : null, ControlLength = (nuint)controlLength };
            while (true)
            {
                nint sent = SendMsgRaw(socket, &header, flags);
                errno = sent < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno != Errno.EINTR)
                    return (int)sent;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static unsafe partial nint SendMsgRaw(Descriptor socket, MessageHeader* message, int flags);
}
