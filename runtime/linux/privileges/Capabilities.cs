using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>Capabilities of the calling thread (capabilities(7)): a set reaches no other thread.</summary>
public static partial class Capabilities
{
    /// <summary>CAP_KILL.</summary>
    public const ulong Kill = 1UL << 5;

    /// <summary>CAP_SETGID.</summary>
    public const ulong SetGid = 1UL << 6;

    /// <summary>CAP_SETUID.</summary>
    public const ulong SetUid = 1UL << 7;

    /// <summary>CAP_SETPCAP: needed to drop from the bounding set.</summary>
    public const ulong SetPcap = 1UL << 8;

    /// <summary>CAP_NET_ADMIN: needed to make devices of a network and give them addresses.</summary>
    public const ulong NetAdmin = 1UL << 12;

    /// <summary>CAP_SYS_ADMIN: needed to mount.</summary>
    public const ulong SysAdmin = 1UL << 21;

    /// <summary>CAP_SYS_RESOURCE: needed to raise hard limits.</summary>
    public const ulong SysResource = 1UL << 24;

    private const uint Version3 = 0x20080522;

    /// <summary>The highest capability of this kernel.</summary>
    public static int Last { get; } = ReadLast();

    /// <summary>The thread's permitted set.</summary>
    public static unsafe ulong Held
    {
        get
        {
            Header header = new() { Version = Version3 };
            uint* sets = stackalloc uint[6];
            if (Raw.Call(Raw.SYS_capget, (nint)(&header), (nint)sets, 0, 0, 0, 0) != 0)
                throw new SyscallException("capget", "thread", *Raw.ErrnoLocation());
            return sets[1] | ((ulong)sets[4] << 32);
        }
    }

    /// <summary>Makes <paramref name="keep"/> the thread's permitted and effective set, and empties the inheritable one.</summary>
    public static unsafe void KeepOnly(ulong keep)
    {
        Header header = new() { Version = Version3 };
        uint* sets = stackalloc uint[6];
        sets[0] = sets[1] = (uint)keep;
        sets[3] = sets[4] = (uint)(keep >> 32);
        sets[2] = sets[5] = 0;
        if (Raw.Call(Raw.SYS_capset, (nint)(&header), (nint)sets, 0, 0, 0, 0) != 0)
            throw new SyscallException("capset", $"{keep:x}", *Raw.ErrnoLocation());
    }

    private static int ReadLast()
    {
        using Descriptor file = Sys.Open(null, "/proc/sys/kernel/cap_last_cap", Sys.O_RDONLY);
        Span<byte> text = stackalloc byte[16];
        int length = Sys.Read(file, text);
        return int.Parse(text[..length].TrimEnd((byte)'\n'), System.Globalization.CultureInfo.InvariantCulture);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public uint Version;
        public int Pid;
    }
}
