using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>An anonymous file whose content can no longer change (memfd_create(2) with seals).</summary>
public static partial class SealedMemory
{
    private const uint MFD_CLOEXEC = 1;
    private const uint MFD_ALLOW_SEALING = 2;
    private const int AllSeals = 0xf; // seal, shrink, grow, write

    /// <summary>A sealed file with these bytes.</summary>
    public static Descriptor Create(ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        Span<byte> terminated = stackalloc byte[name.Length + 1];
        name.CopyTo(terminated);
        terminated[name.Length] = 0;
        int number = MemFdCreateRaw(terminated, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (number < 0)
            throw SyscallException.FromLastError("memfd_create", "");
        Descriptor memory = new(number);
        try
        {
            Sys.WriteAll(memory, content);
            _ = Sys.Fcntl(memory, Sys.F_ADD_SEALS, AllSeals, "seals");
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>True when the descriptor is such a file, fully sealed. Asks no file server.</summary>
    public static bool IsSealed(Descriptor fd)
    {
        try
        {
            return (Sys.Fcntl(fd, Sys.F_GET_SEALS, 0, "seals") & AllSeals) == AllSeals;
        }
        catch (SyscallException e) when (e.Errno is Errno.EINVAL or Errno.EBADF)
        {
            return false; // no file of memory, or only a place (O_PATH)
        }
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    private static partial int MemFdCreateRaw(ReadOnlySpan<byte> name, uint flags);
}
