using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>Reads the names in an open directory as bytes (getdents64(2)).</summary>
public static partial class DirectoryNames
{
    private const int SYS_getdents64 = 217;
    private const int NameOffset = 19; // d_ino 8, d_off 8, d_reclen 2, d_type 1

    /// <summary>The next names, without "." and ".."; empty at the end.</summary>
    public static unsafe List<byte[]> ReadSome(Descriptor directory)
    {
        byte* buffer = stackalloc byte[16384];
        while (true)
        {
            nint length = Syscall(SYS_getdents64, directory.Number, (nint)buffer, 16384, 0, 0, 0);
            if (length < 0)
                throw SyscallException.FromLastError("getdents64", "directory");
            if (length == 0)
                return [];
            List<byte[]> names = [];
            for (int at = 0; at < length; at += *(ushort*)(buffer + at + 16))
            {
                ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + at + NameOffset);
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    names.Add(name.ToArray());
            }

            if (names.Count > 0)
                return names;
        }
    }

    /// <summary>Starts again from the first name.</summary>
    public static void Rewind(Descriptor directory) => _ = LSeekRaw(directory, 0, 0);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long LSeekRaw(Descriptor fd, long offset, int whence);
}
