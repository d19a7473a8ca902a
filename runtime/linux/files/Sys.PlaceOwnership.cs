using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Gives what an O_PATH descriptor names (a socket, say) to an account.</summary>
    public static unsafe void SetOwnerOfPlace(Descriptor place, uint uid, uint gid)
    {
        byte empty = 0;
        if (FChownAtRaw(place, &empty, uid, gid, AT_EMPTY_PATH) != 0)
            throw SyscallException.FromLastError("fchownat", $"{uid}:{gid}");
    }

    /// <summary>Sets the mode of what an O_PATH descriptor names; through /proc, since fchmod(2) refuses such a descriptor.</summary>
    public static void SetModeOfPlace(Descriptor place, uint mode)
    {
        if (ChModRaw(Encoding.ASCII.GetBytes($"/proc/self/fd/{place.Number}\0"), mode) != 0)
            throw SyscallException.FromLastError("chmod", Convert.ToString(mode, 8));
    }

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true)]
    private static unsafe partial int FChownAtRaw(Descriptor fd, byte* path, uint uid, uint gid, int flags);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true)]
    private static partial int ChModRaw(ReadOnlySpan<byte> path, uint mode);
}
