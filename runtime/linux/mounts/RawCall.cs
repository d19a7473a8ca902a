using System.Text;

namespace Isolation.Linux;

/// <summary>A system call with all its arguments, prepared for a child that can no longer prepare anything.</summary>
internal unsafe struct RawCall
{
    private const int SYS_mount = 165;
    private const int SYS_umount2 = 166;
    private const int SYS_mount_setattr = 442;
    private const nint MS_NOSUID = 2;
    private const nint MS_NODEV = 4;
    private const nint MS_NOEXEC = 8;
    private const nint MS_BIND = 4096;
    private const nint MS_REC = 16384;
    private const nint MS_SLAVE = 1 << 19;
    private const nint MS_SHARED = 1 << 20;
    private const nint MNT_DETACH = 2;
    private const nint UMOUNT_NOFOLLOW = 8;
    private const nint AT_FDCWD = -100;
    private const nint AT_RECURSIVE = 0x8000;

    private nint _number, _a, _b, _c, _d, _e;

    // What may fail: nothing is mounted there, or nothing is there at all.
    private bool _absenceIsFine;

    /// <summary>Makes the calls, one after the other.</summary>
    /// <returns>-1, or which one failed; errno says why.</returns>
    internal static int Make(RawCall* calls, int count)
    {
        for (int i = 0; i < count; i++)
        {
            RawCall* call = calls + i;
            if (Raw.Call(call->_number, call->_a, call->_b, call->_c, call->_d, call->_e, 0) >= 0)
                continue;
            int errno = *Raw.ErrnoLocation();
            if (!call->_absenceIsFine || (errno != Errno.EINVAL && errno != Errno.ENOENT))
                return i;
        }

        return -1;
    }

    /// <summary>The calls of the steps; the descriptors of mounts are borrowed.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="numberOf">The number by which the child knows a descriptor.</param>
    /// <param name="block">The memory.</param>
    internal static RawCall* Prepare(IReadOnlyList<MountStep> steps, Func<Descriptor, int> numberOf, NativeBlock block)
        => block.Array<RawCall>([.. steps.Select(step => Of(step, numberOf, block))]);

    private static RawCall Of(MountStep step, Func<Descriptor, int> numberOf, NativeBlock block) => step switch
    {
        MountStep.Propagate to => Mount(null, "/", null, MS_REC | (to.Kind == MountPropagation.Slave ? MS_SLAVE : MS_SHARED), null, block),
        MountStep.Detach from => new RawCall { _number = SYS_umount2, _a = Text(from.Target, block), _b = MNT_DETACH | UMOUNT_NOFOLLOW, _absenceIsFine = true },
        MountStep.Attach at => new RawCall
        {
            _number = Sys.SYS_move_mount, _a = numberOf(at.Mount), _b = Text("", block), _c = AT_FDCWD, _d = Text(at.Target, block), _e = Sys.MOVE_MOUNT_F_EMPTY_PATH,
        },
        MountStep.Bind at => Mount(at.Source, at.Target, null, MS_BIND | MS_REC, null, block),
        MountStep.New at => Mount(at.Type, at.Target, at.Type, MS_NOSUID | MS_NODEV | MS_NOEXEC, at.Options, block),
        MountStep.Protect of => new RawCall
        {
            _number = SYS_mount_setattr, _a = AT_FDCWD, _b = Text(of.Target, block), _c = AT_RECURSIVE,
            _d = (nint)block.Array<MountAttributes>([new MountAttributes { Set = of.Set, Clear = of.Clear }]), _e = sizeof(MountAttributes),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "a step of no kind"),
    };

    private static RawCall Mount(string? source, string target, string? type, nint flags, string? options, NativeBlock block)
        => new() { _number = SYS_mount, _a = Text(source, block), _b = Text(target, block), _c = Text(type, block), _d = flags, _e = Text(options, block) };

    private static nint Text(string? text, NativeBlock block) => text is null ? 0 : (nint)block.Text(Encoding.UTF8.GetBytes(text));
}
