using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Becomes another program (execve(2)); returns only on failure.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its arguments, the name included; without NUL.</param>
    /// <param name="environment">Its environment.</param>
    /// <returns>The error number.</returns>
    public static unsafe int Execute(ReadOnlySpan<byte> path, IReadOnlyList<ReadOnlyMemory<byte>> arguments, IReadOnlyList<ReadOnlyMemory<byte>> environment)
    {
        int size = path.Length + 1 + arguments.Sum(a => a.Length + 1) + environment.Sum(e => e.Length + 1);
        byte[] text = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        nint[] vectors = GC.AllocateUninitializedArray<nint>(arguments.Count + environment.Count + 2, pinned: true);
        fixed (byte* first = text)
        fixed (nint* vector = vectors)
        {
            int at = 0;
            path.CopyTo(text);
            text[path.Length] = 0;
            at += path.Length + 1;
            int entry = 0;
            foreach (IReadOnlyList<ReadOnlyMemory<byte>> list in (ReadOnlySpan<IReadOnlyList<ReadOnlyMemory<byte>>>)[arguments, environment])
            {
                foreach (ReadOnlyMemory<byte> item in list)
                {
                    item.Span.CopyTo(text.AsSpan(at));
                    text[at + item.Length] = 0;
                    vector[entry++] = (nint)(first + at);
                    at += item.Length + 1;
                }

                vector[entry++] = 0;
            }

            _ = ExecuteRaw(first, vector, vector + arguments.Count + 1);
            return Marshal.GetLastPInvokeError();
        }
    }

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    private static unsafe partial int ExecuteRaw(byte* path, nint* arguments, nint* environment);
}
