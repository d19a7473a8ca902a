namespace Isolation.Linux;

/// <summary>
/// The straight line of the lending helper: raw calls on values prepared beforehand, nothing managed, no exec. It reads the path from the client
/// itself, by the kernel's word on who sent it; goes to the client's mount namespace and root with the client's file-system ids; and hands back a
/// copy of the one mount. A file system that does not answer holds up this process alone.
/// </summary>
internal static unsafe class LendingChild
{
    private const int SYS_recvmsg = 47;
    private const int SYS_sendmsg = 46;
    private const int SYS_fchdir = 81;
    private const int SYS_chroot = 161;
    private const int SYS_fstatfs = 138;
    private const int SYS_statx = 332;
    private const int SYS_open_tree = 428;
    private const int SYS_openat2 = 437;
    private const int CLONE_NEWNS = 0x20000;
    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;
    private const int SCM_CREDENTIALS = 2;
    private const int MSG_CTRUNC = 8;
    private const int MSG_TRUNC = 0x20;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int AT_FDCWD = -100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_BASIC_STATS = 0x7ff;
    private const ulong Place = 0x200000 | 0x10000 | 0x20000 | 0x80000; // O_PATH, O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC
    private const ulong NoLinks = 2 | 4; // RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS
    private const ulong Beneath = 8; // RESOLVE_BENEATH
    private const int CloneTree = 1 | 0x80000; // OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC
    private const int CredentialsRoom = 32;

    // Where the child keeps its four descriptors.
    private const int Client = 0;
    private const int Warden = 1;
    private const int MountNamespace = 2;
    private const int Root = 3;

    /// <summary>Runs in the child and never returns.</summary>
    internal static void Become(LendingPlan* plan)
    {
        LendingReport report = default;
        int tree = -1;
        int warden = plan->Warden;
        LendingStep failed = Steps(plan, &report, &tree, &warden);
        report.Step = (int)failed;
        if (failed != LendingStep.None && report.Errno == 0)
            report.Errno = *Raw.ErrnoLocation();
        Send(warden, plan, &report, tree);
        _ = Raw.Call(Raw.SYS_exit_group, 0, 0, 0, 0, 0, 0);
    }

    private static LendingStep Steps(LendingPlan* plan, LendingReport* report, int* tree, int* warden)
    {
        // The sources are above 63, so that none is overwritten.
        if (Raw.Call(Raw.SYS_dup3, plan->Client, Client, 0, 0, 0, 0) < 0 || Raw.Call(Raw.SYS_dup3, plan->Warden, Warden, 0, 0, 0, 0) < 0
            || Raw.Call(Raw.SYS_dup3, plan->MountNamespace, MountNamespace, 0, 0, 0, 0) < 0 || Raw.Call(Raw.SYS_dup3, plan->Root, Root, 0, 0, 0, 0) < 0)
            return LendingStep.Descriptors;
        *warden = Warden;
        if (Raw.Call(Raw.SYS_close_range, Root + 1, int.MaxValue, 0, 0, 0, 0) < 0)
            return LendingStep.Descriptors;

        LendingStep read = ReadPath(plan, report);
        if (read != LendingStep.None)
            return read;
        int root = Match(plan, report->PathLength);
        if (root < 0)
        {
            report->Errno = Errno.EPERM;
            return LendingStep.Roots;
        }

        if (Raw.Call(Raw.SYS_setns, MountNamespace, CLONE_NEWNS, 0, 0, 0, 0) < 0 || Raw.Call(SYS_fchdir, Root, 0, 0, 0, 0, 0) < 0
            || Raw.Call(SYS_chroot, (nint)plan->Dot, 0, 0, 0, 0, 0) < 0)
            return LendingStep.Namespace;
        if (!TakeIds(plan, report))
            return LendingStep.Ids;

        ulong* how = stackalloc ulong[3];
        how[0] = Place;
        how[1] = 0;
        how[2] = NoLinks;
        nint above = Raw.Call(SYS_openat2, AT_FDCWD, (nint)plan->Roots[root], (nint)how, 24, 0, 0);
        if (above < 0)
            return LendingStep.Open;
        how[2] = NoLinks | Beneath;
        nint directory = Raw.Call(SYS_openat2, above, (nint)(plan->Path + plan->RootLengths[root] + 1), (nint)how, 24, 0, 0);
        if (directory < 0)
            return LendingStep.Open;

        if (Raw.Call(SYS_fstatfs, directory, (nint)plan->FileSystem, 0, 0, 0, 0) < 0
            || Raw.Call(SYS_statx, directory, (nint)plan->Nothing, AT_EMPTY_PATH, (nint)STATX_BASIC_STATS, (nint)plan->Status, 0) < 0)
            return LendingStep.Status;
        report->FileSystem = *(long*)plan->FileSystem;
        report->Uid = *(uint*)(plan->Status + 20);
        report->Mode = *(ushort*)(plan->Status + 28);
        report->Inode = *(long*)(plan->Status + 32);
        report->DeviceMajor = *(uint*)(plan->Status + 136);
        report->DeviceMinor = *(uint*)(plan->Status + 140);

        nint copy = Raw.Call(SYS_open_tree, directory, (nint)plan->Nothing, CloneTree | AT_EMPTY_PATH, 0, 0, 0);
        if (copy < 0)
            return LendingStep.Tree;
        *tree = (int)copy;
        return LendingStep.None;
    }

    private static LendingStep ReadPath(LendingPlan* plan, LendingReport* report)
    {
        IoVector vector;
        vector.Address = plan->Path;
        vector.Length = LendingPlan.LongestPath + 1;
        MessageHeader header;
        header.Name = null;
        header.NameLength = 0;
        header.Vectors = &vector;
        header.VectorCount = 1;
        header.Control = plan->Control;
        header.ControlLength = CredentialsRoom;
        header.Flags = 0;
        nint length = Raw.Call(SYS_recvmsg, Client, (nint)(&header), 0, 0, 0, 0);
        if (length < 0)
            return LendingStep.Path;
        if (length == 0 || length > LendingPlan.LongestPath || (header.Flags & (MSG_CTRUNC | MSG_TRUNC)) != 0 || plan->Path[0] != (byte)'/')
        {
            report->Errno = Errno.EINVAL;
            return LendingStep.Path;
        }

        for (nint i = 0; i < length; i++)
        {
            if (plan->Path[i] != 0)
                continue;
            report->Errno = Errno.EINVAL;
            return LendingStep.Path;
        }

        plan->Path[length] = 0;
        report->PathLength = (int)length;
        // struct ucred after struct cmsghdr
        if (header.ControlLength < 28 || *(int*)(plan->Control + 8) != SOL_SOCKET || *(int*)(plan->Control + 12) != SCM_CREDENTIALS
            || *(int*)(plan->Control + 16) != plan->Pid || *(uint*)(plan->Control + 20) != plan->Uid || *(uint*)(plan->Control + 24) != plan->Gid)
        {
            report->Errno = Errno.EPERM;
            return LendingStep.Sender;
        }

        return LendingStep.None;
    }

    // Below a root, not a root itself.
    private static int Match(LendingPlan* plan, int length)
    {
        for (int root = 0; root < plan->RootCount; root++)
        {
            int end = plan->RootLengths[root];
            if (length < end + 2 || plan->Path[end] != (byte)'/')
                continue;
            int at = 0;
            while (at < end && plan->Path[at] == plan->Roots[root][at])
                at++;
            if (at == end)
                return root;
        }

        return -1;
    }

    // With the file-system uid the capabilities over files go; the one to copy a mount stays.
    private static bool TakeIds(LendingPlan* plan, LendingReport* report)
    {
        if (Raw.Call(Raw.SYS_setgroups, plan->GroupCount, (nint)plan->Groups, 0, 0, 0, 0) < 0)
            return false;
        _ = Raw.Call(Raw.SYS_setfsgid, (nint)plan->Gid, 0, 0, 0, 0, 0);
        _ = Raw.Call(Raw.SYS_setfsuid, (nint)plan->Uid, 0, 0, 0, 0, 0);
        // They tell what was before, and never fail otherwise.
        if (Raw.Call(Raw.SYS_setfsgid, (nint)plan->Gid, 0, 0, 0, 0, 0) == (nint)plan->Gid && Raw.Call(Raw.SYS_setfsuid, (nint)plan->Uid, 0, 0, 0, 0, 0) == (nint)plan->Uid)
            return true;
        report->Errno = Errno.EPERM;
        return false;
    }

    private static void Send(int warden, LendingPlan* plan, LendingReport* report, int tree)
    {
        IoVector* vectors = stackalloc IoVector[2];
        vectors[0].Address = report;
        vectors[0].Length = (nuint)sizeof(LendingReport);
        vectors[1].Address = plan->Path;
        vectors[1].Length = (nuint)report->PathLength;
        MessageHeader header;
        header.Name = null;
        header.NameLength = 0;
        header.Vectors = vectors;
        header.VectorCount = 2;
        header.Control = null;
        header.ControlLength = 0;
        header.Flags = 0;
        if (tree >= 0)
        {
            *(nuint*)plan->Control = 20;
            *(int*)(plan->Control + 8) = SOL_SOCKET;
            *(int*)(plan->Control + 12) = SCM_RIGHTS;
            *(int*)(plan->Control + 16) = tree;
            header.Control = plan->Control;
            header.ControlLength = 24;
        }

        _ = Raw.Call(SYS_sendmsg, warden, (nint)(&header), MSG_NOSIGNAL, 0, 0, 0);
    }
}
