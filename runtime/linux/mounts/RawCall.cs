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
    private const nint AT_EMPTY_PATH = 0x1000;
    private const nint OPEN_TREE_CLONE = 1;
    private const int SYS_setgroups = 116;
    private const int SYS_setfsuid = 122;
    private const int SYS_setfsgid = 123;
    private const int SYS_open_tree = 428;
    private const int SYS_openat2 = 437;
    private const ulong Anything = 0x200000; // O_PATH
    private const ulong Directory = Anything | 0x10000; // O_DIRECTORY
    private const ulong NoMagicLinks = 2; // RESOLVE_NO_MAGICLINKS
    private const ulong Beneath = 8; // RESOLVE_BENEATH

    private nint _number, _a, _b, _c, _d, _e;

    // What may fail: nothing is mounted there, or nothing is there at all.
    private bool _absenceIsFine;

    // The number that the descriptor it returns gets; 0 where it returns none: that number is never a mount's.
    private int _place;

    /// <summary>Makes the calls, one after the other.</summary>
    /// <returns>-1, or which one failed; errno says why.</returns>
    internal static int Make(RawCall* calls, int count)
    {
        for (int i = 0; i < count; i++)
        {
            RawCall* call = calls + i;
            nint result;
            do
                result = Raw.Call(call->_number, call->_a, call->_b, call->_c, call->_d, call->_e, 0);
            while (result < 0 && *Raw.ErrnoLocation() == Errno.EAGAIN && call->_number == SYS_openat2); // something was mounted or renamed somewhere: the walk is tried anew, within the start's deadline
            if (call->_number is SYS_setfsuid or SYS_setfsgid ? IsNow(call) : result >= 0 && (call->_place == 0 || Moved(result, call->_place)))
                continue;
            int errno = *Raw.ErrnoLocation();
            if (!call->_absenceIsFine || errno is not (Errno.EINVAL or Errno.ENOENT or Errno.ENOTDIR))
                return i;
        }

        return -1;
    }

    // These calls tell what was before, and never that they failed (setfsuid(2)): an id that is none tells what is now.
    private static bool IsNow(RawCall* call)
    {
        if (Raw.Call(call->_number, -1, 0, 0, 0, 0, 0) == call->_a)
            return true;
        *Raw.ErrnoLocation() = Errno.EPERM;
        return false;
    }

    private static bool Moved(nint from, int to)
        => Raw.Call(Raw.SYS_dup3, from, to, Sys.O_CLOEXEC, 0, 0, 0) >= 0 && Raw.Call(Raw.SYS_close, from, 0, 0, 0, 0, 0) >= 0;

    /// <summary>The calls of the steps; the descriptors of mounts are borrowed.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="numberOf">The number by which the child knows a descriptor.</param>
    /// <param name="block">The memory.</param>
    internal static RawCall* Prepare(IReadOnlyList<MountStep> steps, Func<Descriptor, int> numberOf, NativeBlock block)
    {
        Dictionary<Descriptor, int> known = []; // what is found in a descriptor's place is looked for there by the steps after it
        int Number(Descriptor of) => known.TryGetValue(of, out int number) ? number : known[of] = numberOf(of);
        return block.Array<RawCall>([.. steps.Select(step => Of(step, Number, block))]);
    }

    private static RawCall Of(MountStep step, Func<Descriptor, int> numberOf, NativeBlock block) => step switch
    {
        MountStep.Propagate to => Mount(null, "/", null, MS_REC | (to.Kind == MountPropagation.Slave ? MS_SLAVE : MS_SHARED), null, block),
        MountStep.Detach from => new RawCall { _number = SYS_umount2, _a = Text(from.Target, block), _b = MNT_DETACH | UMOUNT_NOFOLLOW, _absenceIsFine = true },
        MountStep.Attach at => new RawCall
        {
            _number = Sys.SYS_move_mount, _a = numberOf(at.Mount), _b = Text("", block), _c = AT_FDCWD, _d = Text(at.Target, block), _e = Sys.MOVE_MOUNT_F_EMPTY_PATH,
        },
        MountStep.Bind at => Mount(at.Source, at.Target, null, MS_BIND | MS_REC, null, block) with { _absenceIsFine = at.IfThere },
        MountStep.New at => Mount(at.Type, at.Target, at.Type, MS_NOSUID | MS_NODEV | MS_NOEXEC, at.Options, block),
        MountStep.Find what => new RawCall
        {
            _number = SYS_openat2, _a = what.IsWithin ? numberOf(what.Place) : AT_FDCWD, _b = Text(what.Path, block),
            _c = (nint)block.Array<ulong>([what.IsFile ? Anything : Directory, 0, NoMagicLinks | (what.IsWithin ? Beneath : 0)]), _d = 3 * sizeof(ulong), _place = numberOf(what.Place),
        },
        MountStep.Copy of => new RawCall
        {
            _number = SYS_open_tree, _a = numberOf(of.Place), _b = Text("", block), _c = OPEN_TREE_CLONE | AT_EMPTY_PATH, _place = numberOf(of.Place),
        },
        MountStep.Overlay at => Mount("overlay", at.Target, "overlay", MS_NOSUID | MS_NODEV, $"lowerdir={Escaped(at.Lower)},upperdir={Escaped(at.Upper)},workdir={Escaped(at.Work)},redirect_dir=nofollow,metacopy=off", block),
        MountStep.Protect of => new RawCall
        {
            _number = SYS_mount_setattr, _a = AT_FDCWD, _b = Text(of.Target, block), _c = AT_RECURSIVE,
            _d = (nint)block.Array<MountAttributes>([new MountAttributes { Set = of.Set, Clear = of.Clear }]), _e = sizeof(MountAttributes), _absenceIsFine = of.IfThere,
        },
        MountStep.Groups of => new RawCall { _number = SYS_setgroups, _a = of.Ids.Length, _b = (nint)block.Array<uint>(of.Ids.AsSpan()) },
        MountStep.FileGroup of => new RawCall { _number = SYS_setfsgid, _a = (nint)of.Gid },
        MountStep.FileUser of => new RawCall { _number = SYS_setfsuid, _a = (nint)of.Uid },
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "a step of no kind"),
    };

    private static RawCall Mount(string? source, string target, string? type, nint flags, string? options, NativeBlock block)
        => new() { _number = SYS_mount, _a = Text(source, block), _b = Text(target, block), _c = Text(type, block), _d = flags, _e = Text(options, block) };

    // ':' parts lower layers, ',' options (fs/overlayfs/params.c).
    private static string Escaped(string path) => path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);

    private static nint Text(string? text, NativeBlock block) => text is null ? 0 : (nint)block.Text(Encoding.UTF8.GetBytes(text));
}
