using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>A counter that one thread raises and another polls (eventfd(2)).</summary>
public sealed partial class EventFd : Descriptor
{
    private const int CloseOnExecNonBlocking = 0x80800;

    private EventFd(int number) : base(number) { }

    /// <summary>A counter at zero.</summary>
    public static EventFd Create()
    {
        int fd = EventFdRaw(0, CloseOnExecNonBlocking);
        return fd >= 0 ? new EventFd(fd) : throw SyscallException.FromLastError("eventfd", "0");
    }

    /// <summary>Makes it readable.</summary>
    public void Raise()
    {
        Span<byte> one = stackalloc byte[8];
        one.Clear();
        one[0] = 1;
        _ = Sys.Write(this, one);
    }

    /// <summary>Sets it back to zero.</summary>
    public void Clear()
    {
        Span<byte> count = stackalloc byte[8];
        _ = Sys.TryRead(this, count, out _);
    }

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFdRaw(uint initial, int flags);
}
