using System.Globalization;

namespace Isolation.Linux.Tests;

/// <summary>Promise: the device filters of a cgroup are told, its ancestors' among them, so that no place leaves one behind unseen.</summary>
public sealed class DeviceFilterTests : IDisposable
{
    // Loads and attaches programs that allow everything, and prints their ids.
    private const string Attach = """
        #include <linux/bpf.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(int argc, char **argv)
        {
            int cgroup = open(argv[1], O_RDONLY | O_DIRECTORY);
            for (int i = 0; i < atoi(argv[2]); i++) {
                struct bpf_insn code[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 }, { .code = BPF_JMP | BPF_EXIT } };
                union bpf_attr load, attach, info;
                struct bpf_prog_info told;
                memset(&load, 0, sizeof load); memset(&attach, 0, sizeof attach); memset(&info, 0, sizeof info); memset(&told, 0, sizeof told);
                load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
                load.insns = (unsigned long)code;
                load.insn_cnt = 2;
                load.license = (unsigned long)"GPL";
                int program = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
                if (program < 0) { perror("load"); return 1; }
                attach.target_fd = cgroup;
                attach.attach_bpf_fd = program;
                attach.attach_type = BPF_CGROUP_DEVICE;
                attach.attach_flags = BPF_F_ALLOW_MULTI;
                if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach) < 0) { perror("attach"); return 1; }
                info.info.bpf_fd = program;
                info.info.info_len = sizeof told;
                info.info.info = (unsigned long)&told;
                if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &info, sizeof info) < 0) { perror("info"); return 1; }
                printf("%u\n", told.id);
            }
            return 0;
        }
        """;

    private readonly string? _above;

    public DeviceFilterTests()
    {
        if (!Environment.IsPrivilegedProcess || CgroupLayout.Read().Unified is not string unified)
            return;
        _above = $"{unified}/iso-devices-{Environment.ProcessId}";
        Directory.CreateDirectory(_above + "/below");
    }

    public void Dispose()
    {
        if (_above is null)
            return;
        Directory.Delete(_above + "/below");
        Directory.Delete(_above);
    }

    [SkippableFact]
    public void ACgroupWithoutAFilterHasThoseOfItsAncestorsAlone()
    {
        string above = Required();
        Assert.Equal([], Query(above, effective: false)!);
        Assert.Equal(Query(Path.GetDirectoryName(above)!, effective: true), Query(above + "/below", effective: true));
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(20)] // more than are asked for at first
    public void FiltersAreToldWhereTheyAreAttachedAndWhereTheyHold(int count)
    {
        string above = Required();
        uint[] before = Query(above, effective: true)!;
        using CompiledProgram program = Compiled.Program(Attach);
        (int code, string output, string errors) = Compiled.Run(program.File, above, count.ToString(CultureInfo.InvariantCulture));
        Skip.If(code != 0, $"this kernel takes no device filter: {errors}");
        uint[] attached = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(id => uint.Parse(id, CultureInfo.InvariantCulture))];

        Assert.Equal(count, attached.Length);
        Assert.Equal(attached.Order(), Query(above, effective: false)!.Order());
        Assert.Equal([], Query(above + "/below", effective: false)!);
        Assert.Equal(before.Concat(attached).Order(), Query(above + "/below", effective: true)!.Order());
    }

    [SkippableFact]
    public void AnotherDirectoryIsAnError()
    {
        _ = Required();
        using Descriptor directory = Sys.Open(null, "/tmp", Sys.O_RDONLY | Sys.O_DIRECTORY);
        Assert.Equal(Errno.EBADF, Assert.Throws<SyscallException>(() => Sys.BpfProgQuery(directory, effective: false)).Errno);
    }

    private string Required()
    {
        Skip.If(_above is null, "needs root and cgroup2");
        Skip.If(Query(_above!, effective: false) is null, "this kernel has no device filters for cgroups, or does not let this process look at them");
        return _above!;
    }

    private static uint[]? Query(string cgroup, bool effective)
    {
        using Descriptor directory = Sys.Open(null, cgroup, Sys.O_RDONLY | Sys.O_DIRECTORY);
        return Sys.BpfProgQuery(directory, effective);
    }
}
