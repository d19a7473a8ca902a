using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SIG_BLOCK = 0;
    private const int SIG_UNBLOCK = 1;
    private const int SigSetWords = 16; // sigset_t of glibc: 1,024 bits, of which the kernel knows 64

    /// <summary>Blocks the signals of a mask (bit n - 1 for signal n) for the calling thread, or lets them through again (pthread_sigmask(3)).</summary>
    public static unsafe void BlockSignals(ulong mask, bool block)
    {
        ulong* set = stackalloc ulong[SigSetWords];
        new Span<ulong>(set, SigSetWords).Clear();
        set[0] = mask;
        int errno = PthreadSigMaskRaw(block ? SIG_BLOCK : SIG_UNBLOCK, set, null);
        if (errno != 0)
            throw new SyscallException("pthread_sigmask", block ? "block" : "unblock", errno);
    }

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static unsafe partial int PthreadSigMaskRaw(int how, ulong* set, ulong* old);
}
