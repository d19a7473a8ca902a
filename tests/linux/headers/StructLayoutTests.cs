using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Isolation.Linux.Tests.Headers;

/// <summary>Promise: every structure that Isolation.Linux hands to the kernel lies in memory as the kernel's headers lay it out.</summary>
public sealed class StructLayoutTests
{
    private const string Headers = """
        #include <stdio.h>
        #include <stddef.h>
        #include <grp.h>
        #include <poll.h>
        #include <pwd.h>
        #include <signal.h>
        #include <sys/epoll.h>
        #include <sys/mount.h>
        #include <sys/prctl.h>
        #include <sys/resource.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/uio.h>
        #include <sys/un.h>
        #include <linux/capability.h>
        #include <linux/dqblk_xfs.h>
        #include <linux/filter.h>
        #include <linux/fs.h>
        #include <linux/sched.h>
        """;

    // Our structure: the kernel's, and for each field of ours the kernel's field.
    private static readonly Dictionary<string, (string Kernel, Dictionary<string, string> Fields)> Kernel = new()
    {
        ["PollEntry"] = ("struct pollfd", new() { ["Number"] = "fd", ["Wanted"] = "events", ["Seen"] = "revents" }),
        ["IoVector"] = ("struct iovec", new() { ["Address"] = "iov_base", ["Length"] = "iov_len" }),
        ["MessageHeader"] = ("struct msghdr", new()
        {
            ["Name"] = "msg_name", ["NameLength"] = "msg_namelen", ["Vectors"] = "msg_iov", ["VectorCount"] = "msg_iovlen",
            ["Control"] = "msg_control", ["ControlLength"] = "msg_controllen", ["Flags"] = "msg_flags",
        }),
        ["StatxBuffer"] = ("struct statx", new()
        {
            ["Uid"] = "stx_uid", ["Gid"] = "stx_gid", ["Mode"] = "stx_mode", ["Inode"] = "stx_ino", ["Size"] = "stx_size",
            ["ChangedSeconds"] = "stx_ctime.tv_sec", ["ChangedNanoseconds"] = "stx_ctime.tv_nsec", ["NodeMajor"] = "stx_rdev_major",
            ["NodeMinor"] = "stx_rdev_minor", ["DeviceMajor"] = "stx_dev_major", ["DeviceMinor"] = "stx_dev_minor",
        }),
        ["SignalInfo"] = ("siginfo_t", new() { ["Code"] = "si_code", ["Pid"] = "si_pid", ["Status"] = "si_status" }),
        ["CloneArguments"] = ("struct clone_args", new()
        {
            ["Flags"] = "flags", ["PidFd"] = "pidfd", ["ChildTid"] = "child_tid", ["ParentTid"] = "parent_tid", ["ExitSignal"] = "exit_signal",
            ["Stack"] = "stack", ["StackSize"] = "stack_size", ["Tls"] = "tls", ["SetTid"] = "set_tid", ["SetTidSize"] = "set_tid_size", ["Cgroup"] = "cgroup",
        }),
        ["MountAttributes"] = ("struct mount_attr", new() { ["Set"] = "attr_set", ["Clear"] = "attr_clr", ["Propagation"] = "propagation", ["UserNamespace"] = "userns_fd" }),
        ["FilterProgram"] = ("struct sock_fprog", new() { ["Length"] = "len", ["Code"] = "filter" }),
        ["BpfInstruction"] = ("struct sock_filter", new() { ["Code"] = "code", ["IfTrue"] = "jt", ["IfFalse"] = "jf", ["Operand"] = "k" }),
        ["Entry"] = ("struct epoll_event", new() { ["Events"] = "events", ["Key"] = "data" }),
        ["Passwd"] = ("struct passwd", new()
        {
            ["Name"] = "pw_name", ["Password"] = "pw_passwd", ["Uid"] = "pw_uid", ["Gid"] = "pw_gid", ["Gecos"] = "pw_gecos", ["Home"] = "pw_dir", ["Shell"] = "pw_shell",
        }),
        ["Group"] = ("struct group", new() { ["Name"] = "gr_name", ["Password"] = "gr_passwd", ["Gid"] = "gr_gid", ["Members"] = "gr_mem" }),
        ["QuotaState"] = ("struct fs_quota_statv", new() { ["Version"] = "qs_version", ["Flags"] = "qs_flags" }),
        ["QuotaBlock"] = ("struct fs_disk_quota", new()
        {
            ["Version"] = "d_version", ["Flags"] = "d_flags", ["Fields"] = "d_fieldmask", ["Id"] = "d_id", ["BlockHardLimit"] = "d_blk_hardlimit",
            ["BlockSoftLimit"] = "d_blk_softlimit", ["FileHardLimit"] = "d_ino_hardlimit", ["FileSoftLimit"] = "d_ino_softlimit",
            ["Blocks"] = "d_bcount", ["Files"] = "d_icount",
        }),
        ["FileAttributes"] = ("struct fsxattr", new() { ["Flags"] = "fsx_xflags", ["Project"] = "fsx_projid" }),
        ["Header"] = ("struct __user_cap_header_struct", new() { ["Version"] = "version", ["Pid"] = "pid" }),
    };

    [Fact]
    public void EveryStructureIsCompared()
    {
        string[] ours = [.. Laid().Select(t => t.Name).Order()];
        Assert.Equal(Kernel.Keys.Order(), ours);
    }

    [Fact]
    public void SizesAndOffsetsAgree()
    {
        string lines = string.Concat(Kernel.Select(k =>
            $"printf(\"{k.Key} %zu\\n\", sizeof({k.Value.Kernel}));\n"
            + string.Concat(k.Value.Fields.Select(f => $"printf(\"{k.Key}.{f.Key} %zu\\n\", offsetof({k.Value.Kernel}, {f.Value}));\n"))));
        using CompiledProgram program = Compiled.Program(Headers + "\nint main(void) {\n" + lines + "return 0; }\n");
        Dictionary<string, int> theirs = Compiled.Run(program.File).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' '))
            .ToDictionary(f => f[0], f => int.Parse(f[1], CultureInfo.InvariantCulture));

        foreach (Type type in Laid())
        {
            Assert.True(theirs[type.Name] == SizeOf(type), $"{type.Name} has {SizeOf(type)} bytes, the kernel's {theirs[type.Name]}");
            foreach (string field in Kernel[type.Name].Fields.Keys)
                Assert.True(theirs[$"{type.Name}.{field}"] == OffsetOf(type, field), $"{type.Name}.{field} at {OffsetOf(type, field)}, the kernel's at {theirs[$"{type.Name}.{field}"]}");
        }
    }

    // Younger than Debian 12's headers: struct pidfd_info is of Linux 6.13.
    private const string Younger = "ProcessInfo";

    // Every structure of ours but records, what the compiler makes, and those that only our own children read or write.
    private static IEnumerable<Type> Laid() => typeof(Sys).Assembly.GetTypes()
        .Where(t => t is { IsValueType: true, IsEnum: false } && t.Name is not ("RawPlan" or "RawLimit" or "RawCall" or "RawFork" or "Step" or "LendingPlan" or "LendingReport" or Younger) && t.Name[0] is not ('<' or '_')
            && (Kernel.ContainsKey(t.Name) || !IsRecord(t)));

    private static bool IsRecord(Type type) => type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic) is not null;

    private static FieldInfo Field(Type type, string name)
        => type.GetField(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            ?? type.GetField($"<{name}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)
            ?? throw new InvalidOperationException($"{type.Name} has no field {name}");

    private static int OffsetOf(Type type, string field) => (int)Marshal.OffsetOf(type, Field(type, field).Name);

    private static int SizeOf(Type type)
        => (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
