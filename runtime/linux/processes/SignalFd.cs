using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>Signals as something to poll (signalfd(2)). They must be blocked in every thread, that is before the process was executed.</summary>
public sealed partial class SignalFd : Descriptor
{
    private const int CloseOnExecNonBlocking = 0x80800;

    private SignalFd(int number) : base(number) { }

    /// <summary>The mask with that one signal.</summary>
    public static ulong MaskOf(int signal) => 1UL << (signal - 1);

    /// <summary>For the signals of a mask.</summary>
    public static unsafe SignalFd Create(ulong mask)
    {
        int fd = SignalFdRaw(-1, &mask, CloseOnExecNonBlocking);
        return fd >= 0 ? new SignalFd(fd) : throw SyscallException.FromLastError("signalfd", $"mask {mask:x}");
    }

    /// <summary>Takes what has come.</summary>
    /// <returns>The number of the next signal, or 0 when there is none.</returns>
    public int Take() => Take(out _);

    /// <summary>As <see cref="Take()"/>.</summary>
    /// <param name="isKernels">True for a signal of the kernel's own: of a terminal, say, which sends it to the whole process group.</param>
    public int Take(out bool isKernels)
    {
        const int codeAt = 8, SI_KERNEL = 0x80;
        Span<byte> info = stackalloc byte[128];
        info.Clear();
        int length = Sys.TryRead(this, info, out _);
        isKernels = MemoryMarshal.Read<int>(info[codeAt..]) == SI_KERNEL;
        return length == info.Length ? MemoryMarshal.Read<int>(info) : 0;
    }

    [LibraryImport("libc", EntryPoint = "signalfd", SetLastError = true)]
    private static unsafe partial int SignalFdRaw(int fd, ulong* mask, int flags);
}
