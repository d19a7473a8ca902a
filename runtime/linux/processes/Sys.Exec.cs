using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const uint CLOSE_RANGE_CLOEXEC = 4;

    /// <summary>Becomes another program (execve(2)), with the credentials of the calling thread; returns only on failure.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its arguments, the name included; without NUL.</param>
    /// <param name="environment">Entries <c>NAME=value</c>; without NUL.</param>
    /// <returns>The error number.</returns>
    public static unsafe int Execute(ReadOnlySpan<byte> path, IReadOnlyList<ReadOnlyMemory<byte>> arguments, IReadOnlyList<ReadOnlyMemory<byte>> environment)
    {
        using NativeBlock block = new();
        _ = ExecveRaw(block.Text(path), block.Vector(arguments), block.Vector(environment));
        return Marshal.GetLastPInvokeError();
    }

    /// <summary>Leaves descriptors 0, 1 and 2 alone to the program that this process becomes.</summary>
    public static void CloseAllButStandardStreamsOnExec()
    {
        if (CloseRangeRaw(3, uint.MaxValue, CLOSE_RANGE_CLOEXEC) != 0)
            throw SyscallException.FromLastError("close_range", "3 and above");
    }

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    private static unsafe partial int ExecveRaw(byte* path, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "close_range", SetLastError = true)]
    private static partial int CloseRangeRaw(uint first, uint last, uint flags);
}
