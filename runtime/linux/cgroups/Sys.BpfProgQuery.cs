using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SYS_bpf = 321;
    private const int BPF_PROG_QUERY = 16;
    private const int BPF_CGROUP_DEVICE = 6;
    private const int BPF_F_QUERY_EFFECTIVE = 1;
    private const int MostFilters = 4096;

    /// <summary>
    /// The device filters of a cgroup of the v2 hierarchy: the ids of its BPF programs (bpf(2), BPF_PROG_QUERY, BPF_CGROUP_DEVICE). Two
    /// cgroups with equal effective ids let their processes open the same devices.
    /// </summary>
    /// <param name="cgroup">Its directory, open for reading.</param>
    /// <param name="effective">Those that hold for its processes, its ancestors' among them; else those attached to itself.</param>
    /// <returns>Null where they cannot be known: the kernel has no such query or no device filters for cgroups, or this process lacks
    /// CAP_NET_ADMIN or CAP_SYS_ADMIN (EPERM, ENOSYS, EINVAL).</returns>
    /// <exception cref="SyscallException">The directory is no cgroup of the v2 hierarchy (EBADF), or the query failed otherwise.</exception>
    public static uint[]? BpfProgQuery(Descriptor cgroup, bool effective)
    {
        for (int room = 16; ; room *= 4)
        {
            uint[] ids = new uint[room];
            int count = Query(cgroup, effective, ids);
            if (count >= 0)
                return ids[..count];
            int errno = Marshal.GetLastPInvokeError();
            if (errno is Errno.EPERM or Errno.ENOSYS or Errno.EINVAL)
                return null;
            if (errno != Errno.ENOSPC || room >= MostFilters)
                throw new SyscallException("bpf", "BPF_PROG_QUERY, BPF_CGROUP_DEVICE", errno, "The query needs a directory of the cgroup v2 hierarchy.");
        }
    }

    private static unsafe int Query(Descriptor cgroup, bool effective, uint[] ids)
    {
        fixed (uint* first = ids)
        {
            // union bpf_attr, member query, linux/bpf.h; what a newer kernel has behind it may be left out.
            uint* query = stackalloc uint[8];
            query[0] = (uint)cgroup.Number;
            query[1] = BPF_CGROUP_DEVICE;
            query[2] = effective ? BPF_F_QUERY_EFFECTIVE : 0u;
            query[3] = 0; // attach_flags: an answer
            *(ulong*)&query[4] = (ulong)first;
            query[6] = (uint)ids.Length; // and how many there are, as an answer
            query[7] = 0;
            return BpfRaw(SYS_bpf, BPF_PROG_QUERY, (nint)query, 8 * sizeof(uint), 0, 0, 0) >= 0 ? (int)query[6] : -1;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint BpfRaw(nint number, nint command, nint attributes, nint size, nint d, nint e, nint f);
}
