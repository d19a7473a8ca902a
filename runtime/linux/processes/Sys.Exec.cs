using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    private const uint CLOSE_RANGE_CLOEXEC = 4;

    /// <summary>
    /// Becomes another program, with descriptors 0, 1 and 2 only. Returns only by throwing. Credentials are those of the calling
    /// thread.
    /// </summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its arguments, as bytes; the first is its name.</param>
    /// <param name="environment">Entries <c>NAME=value</c>.</param>
    public static unsafe void Exec(string path, IReadOnlyList<byte[]> arguments, IReadOnlyList<string> environment)
    {
        _ = CloseRangeRaw(3, uint.MaxValue, CLOSE_RANGE_CLOEXEC);
        using StringVector argv = new(arguments);
        using StringVector envp = new([.. environment.Select(Encoding.UTF8.GetBytes)]);
        byte[] name = [.. Encoding.UTF8.GetBytes(path), 0];
        fixed (byte* first = name)
            _ = ExecveRaw(first, argv.Pointer, envp.Pointer);
        throw SyscallException.FromLastError("execve", path, "The program and every directory above it must be reachable for the user that runs it.");
    }

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    private static unsafe partial int ExecveRaw(byte* path, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "close_range", SetLastError = true)]
    private static partial int CloseRangeRaw(uint first, uint last, uint flags);

    /// <summary>A vector of C strings with a null at its end, outside the managed heap.</summary>
    private sealed unsafe class StringVector : IDisposable
    {
        public StringVector(IReadOnlyList<byte[]> strings)
        {
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(strings.Count + 1), (nuint)sizeof(byte*));
            for (int i = 0; i < strings.Count; i++)
            {
                Pointer[i] = (byte*)NativeMemory.Alloc((nuint)strings[i].Length + 1);
                strings[i].CopyTo(new Span<byte>(Pointer[i], strings[i].Length));
                Pointer[i][strings[i].Length] = 0;
            }
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            for (byte** at = Pointer; *at is not null; at++)
                NativeMemory.Free(*at);
            NativeMemory.Free(Pointer);
        }
    }
}
