using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SO_PEERGROUPS = 59;
    private const int ERANGE = 34;

    /// <summary>The supplementary groups of whoever connected, as they were at connect(2) (SO_PEERGROUPS).</summary>
    public static unsafe uint[] PeerGroupsOf(Descriptor socket)
    {
        uint[] groups = new uint[64];
        while (true)
        {
            uint length = (uint)(groups.Length * sizeof(uint));
            fixed (uint* first = groups)
            {
                if (GetSockOptRaw(socket, SOL_SOCKET, SO_PEERGROUPS, first, &length) == 0)
                    return groups[..(int)(length / sizeof(uint))];
            }

            // The kernel has written the length it wants.
            if (Marshal.GetLastPInvokeError() != ERANGE)
                throw SyscallException.FromLastError("getsockopt", "SO_PEERGROUPS");
            groups = new uint[length / sizeof(uint)];
        }
    }
}
