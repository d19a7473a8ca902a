using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Gives a name of one directory to another place, replacing what is there.</summary>
    public static void RenameAt(Descriptor from, ReadOnlySpan<byte> name, Descriptor to, ReadOnlySpan<byte> newName)
    {
        if (RenameAtRaw(from, [.. name, 0], to, [.. newName, 0]) != 0)
            throw SyscallException.FromLastError("renameat", Core.PrintableText.Of(newName));
    }

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    private static partial int RenameAtRaw(Descriptor from, ReadOnlySpan<byte> name, Descriptor to, ReadOnlySpan<byte> newName);
}
