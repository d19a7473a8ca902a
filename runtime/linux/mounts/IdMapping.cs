using System.Globalization;
using System.Text;

namespace Isolation.Linux;

/// <summary>
/// User namespaces that exist only to say how a mount shows ids: exactly one uid and one gid, and nothing lives in them. Only for NativeAOT programs:
/// a threaded process cannot make one but by a child, which runs code of this method's image.
/// </summary>
public static unsafe class IdMapping
{
    private const ulong CLONE_PIDFD = 0x1000;
    private const ulong CLONE_NEWUSER = 0x10000000;
    private const ulong CLONE_CLEAR_SIGHAND = 0x100000000;
    private const int PR_SET_PDEATHSIG = 1;
    private const int SIGKILL = 9;
    private const int SIGCHLD = 17;

    /// <summary>Makes one.</summary>
    /// <param name="uid">The uid on disk, and the one that is shown in its place.</param>
    /// <param name="gid">The gid on disk, and the one that is shown.</param>
    /// <exception cref="SyscallException">The kernel refuses, as with user.max_user_namespaces=0.</exception>
    public static Descriptor Create((uint OnDisk, uint Shown) uid, (uint OnDisk, uint Shown) gid)
    {
        (int pid, PidFd? child, int errno) = Clone();
        if (child is null)
            throw new SyscallException("clone3", "user namespace", errno, "Allow user namespaces: sysctl user.max_user_namespaces.");
        using (child)
        {
            try
            {
                WriteMap(pid, "uid_map", uid);
                WriteMap(pid, "gid_map", gid);
                return Sys.Open(null, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/user"), Sys.O_RDONLY);
            }
            finally
            {
                child.Signal(SIGKILL);
                _ = Sys.Poll(child, PollEvents.In, 1000);
                _ = Sys.WaitFor(child, reap: true);
            }
        }
    }

    /// <summary>
    /// Makes a detached mount private, without set-id programs and devices, and lets it show ids differently: in one call, so that it was never
    /// anything else.
    /// </summary>
    /// <param name="mount">It; never attached yet.</param>
    /// <param name="mapping">What <see cref="Create"/> made.</param>
    /// <exception cref="SyscallException">EINVAL where the file system cannot do it, EPERM where the mount is mapped already.</exception>
    public static void Apply(Descriptor mount, Descriptor mapping) => Sys.SetMountAttributes(mount, new MountAttributes
    {
        Set = MountAttributes.NoSetId | MountAttributes.NoDevices | MountAttributes.IdMapped,
        Propagation = MountAttributes.Private,
        UserNamespace = (ulong)mapping.Number,
    }, "detached mount");

    private static void WriteMap(int pid, string file, (uint OnDisk, uint Shown) id)
    {
        using Descriptor map = Sys.Open(null, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}"), Sys.O_WRONLY);
        _ = Sys.Write(map, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id.OnDisk} {id.Shown} 1\n")));
    }

    // The child is this process until its first call; nothing managed runs in it.
    private static (int Pid, PidFd? Child, int Errno) Clone()
    {
        Raw.Warm();
        int pidfd = -1;
        CloneArguments arguments = new()
        {
            Flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_NEWUSER,
            PidFd = (ulong)(nint)(&pidfd),
            ExitSignal = SIGCHLD,
        };
        nint pid = Raw.Call(Raw.SYS_clone3, (nint)(&arguments), sizeof(CloneArguments), 0, 0, 0, 0);
        if (pid == 0)
        {
            _ = Raw.Call(Raw.SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
            _ = Raw.Call(Raw.SYS_close_range, 0, int.MaxValue, 0, 0, 0, 0);
            while (true)
                _ = Raw.Call(Raw.SYS_pause, 0, 0, 0, 0, 0, 0);
        }

        return pid < 0 ? (0, null, *Raw.ErrnoLocation()) : ((int)pid, new PidFd(pidfd), 0);
    }
}
