using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SYS_open_tree = 428;
    private const uint OPEN_TREE_CLONE = 1;
    private const uint AT_RECURSIVE = 0x8000;

    /// <summary>
    /// A detached copy of the mount at a place (open_tree(2)): attached nowhere, and gone with its descriptor unless somebody attaches it.
    /// </summary>
    /// <param name="place">The directory or file at its root; of this mount namespace.</param>
    /// <param name="name">For the error.</param>
    /// <param name="withMountsBelow">Copy what is mounted below, too.</param>
    /// <exception cref="SyscallException">The kernel refuses.</exception>
    public static Descriptor CloneTree(Descriptor place, string name, bool withMountsBelow = false)
    {
        nint fd = OpenTreeRaw(SYS_open_tree, place.Number, "\0"u8, OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | (withMountsBelow ? AT_RECURSIVE : 0), 0, 0, 0);
        return fd >= 0 ? new Descriptor((int)fd) : throw SyscallException.FromLastError("open_tree", name);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint OpenTreeRaw(nint number, nint directory, ReadOnlySpan<byte> path, uint flags, nint d, nint e, nint f);
}
