using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>A short extended attribute of a file, links not followed (lgetxattr(2)); null where it has none, or one of more than 256 bytes, or this process may not read it.</summary>
    public static string? TryGetAttribute(string path, string name)
    {
        byte[] value = new byte[256];
        nint length = LGetXattrRaw(Encoding.UTF8.GetBytes(path + '\0'), Encoding.UTF8.GetBytes(name + '\0'), value, (nuint)value.Length);
        return length < 0 ? null : Encoding.UTF8.GetString(value, 0, (int)length);
    }

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true)]
    private static partial nint LGetXattrRaw(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, Span<byte> value, nuint size);
}
