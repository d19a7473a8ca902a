using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Makes a symbolic link, which must be new, in an open directory.</summary>
    public static void MakeLinkAt(Descriptor parent, string name, string target)
    {
        if (SymLinkAtRaw(Encoding.UTF8.GetBytes(target + '\0'), parent, Encoding.UTF8.GetBytes(name + '\0')) != 0)
            throw SyscallException.FromLastError("symlinkat", name);
    }

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
    private static partial int SymLinkAtRaw(ReadOnlySpan<byte> target, Descriptor parent, ReadOnlySpan<byte> name);
}
