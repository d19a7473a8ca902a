using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>What the helper works with, as plain numbers and pointers; its buffers too, so that it allocates nothing.</summary>
internal unsafe struct LendingPlan
{
    internal const int LongestPath = 4095;

    internal int Client, Warden, MountNamespace, Root;
    internal int Pid;
    internal uint Uid, Gid;
    internal uint* Groups;
    internal int GroupCount;
    internal byte** Roots;
    internal int* RootLengths;
    internal int RootCount;
    internal byte* Path; // LongestPath + 2 bytes
    internal byte* Status; // struct statx
    internal byte* FileSystem; // struct statfs
    internal byte* Control; // a control message each way
    internal byte* Dot; // "."
    internal byte* Nothing; // ""
}

/// <summary>What the helper found.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LendingReport
{
    internal int Step;
    internal int Errno;
    internal uint Uid;
    internal uint Mode;
    internal long FileSystem;
    internal long Inode;
    internal uint DeviceMajor;
    internal uint DeviceMinor;
    internal int PathLength;
    internal int Reserved;
}
