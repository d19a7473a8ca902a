using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>A set of descriptors of which one thread waits for the next event (epoll(7)). Each event is told once.</summary>
public sealed partial class EventQueue : Descriptor
{
    private const int EPOLL_CLOEXEC = 0x80000;
    private const int EPOLL_CTL_ADD = 1;
    private const int EPOLL_CTL_DEL = 2;
    private const uint EPOLLONESHOT = 1u << 30;

    private EventQueue(int number) : base(number) { }

    /// <summary>An empty set.</summary>
    public static EventQueue Create()
    {
        int fd = CreateRaw(EPOLL_CLOEXEC);
        return fd >= 0 ? new EventQueue(fd) : throw SyscallException.FromLastError("epoll_create1", "");
    }

    /// <summary>Adds a descriptor under a key. Errors and hang-ups are always told; <see cref="PollEvents.None"/> asks for them alone.</summary>
    public unsafe void Add(SafeHandle fd, PollEvents wanted, ulong key)
    {
        Entry entry = new() { Events = (uint)(ushort)wanted | EPOLLONESHOT, Key = key };
        if (ControlRaw(this, EPOLL_CTL_ADD, fd, &entry) != 0)
            throw SyscallException.FromLastError("epoll_ctl", "add");
    }

    /// <summary>Takes a descriptor out; one that is not in is none of the caller's worries.</summary>
    public unsafe void Remove(SafeHandle fd) => _ = ControlRaw(this, EPOLL_CTL_DEL, fd, null);

    /// <summary>Waits for events, for ever.</summary>
    /// <returns>How many keys were written.</returns>
    public unsafe int Wait(Span<ulong> keys)
    {
        Entry* entries = stackalloc Entry[keys.Length];
        int count = WaitRaw(this, entries, keys.Length, -1);
        if (count < 0)
            return Marshal.GetLastPInvokeError() == Errno.EINTR ? 0 : throw SyscallException.FromLastError("epoll_wait", "");
        for (int i = 0; i < count; i++)
            keys[i] = entries[i].Key;
        return count;
    }

    // struct epoll_event is packed on x86-64.
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Entry
    {
        public uint Events;
        public ulong Key;
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int CreateRaw(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static unsafe partial int ControlRaw(Descriptor queue, int operation, SafeHandle fd, Entry* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static unsafe partial int WaitRaw(Descriptor queue, Entry* entries, int count, int milliseconds);
}
