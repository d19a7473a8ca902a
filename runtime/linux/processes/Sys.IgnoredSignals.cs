using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SigActionSize = 152; // struct sigaction of glibc, x86-64; the handler is its first member
    private const nint SIG_IGN = 1;

    /// <summary>Those signals of a mask (bit n - 1 for signal n) which this process ignores, as nohup(1) or a shell's background job left them.</summary>
    public static unsafe ulong IgnoredAmong(ulong mask)
    {
        byte* action = stackalloc byte[SigActionSize];
        ulong ignored = 0;
        for (ulong rest = mask; rest != 0; rest &= rest - 1)
        {
            int signal = System.Numerics.BitOperations.TrailingZeroCount(rest) + 1;
            if (SigActionRaw(signal, null, action) == 0 && *(nint*)action == SIG_IGN)
                ignored |= 1UL << (signal - 1);
        }

        return ignored;
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static unsafe partial int SigActionRaw(int signal, void* action, void* old);
}
