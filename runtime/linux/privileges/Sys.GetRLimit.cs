using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>This process's hard limit of a resource (getrlimit(2)); infinity is <see cref="ulong.MaxValue"/>.</summary>
    public static unsafe ulong HardLimit(int resource)
    {
        ulong* pair = stackalloc ulong[2];
        return GetRLimitRaw(resource, pair) == 0 ? pair[1] : throw SyscallException.FromLastError("getrlimit", $"resource {resource}");
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static unsafe partial int GetRLimitRaw(int resource, ulong* pair);
}
