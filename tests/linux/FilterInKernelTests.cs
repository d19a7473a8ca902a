using System.Runtime.InteropServices;

namespace Isolation.Linux.Tests;

/// <summary>Promise: the kernel takes both filters of payloads, and containers can be made behind the one for nested containers only.</summary>
public sealed class FilterInKernelTests
{
    // Installs the filter in the file named first and executes the rest.
    private const string Loader = """
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stdio.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(int count, char **values)
        {
            static struct sock_filter code[4096];
            FILE *file = fopen(values[1], "r");
            struct sock_fprog program = { fread(code, sizeof *code, 4096, file), code };
            fclose(file);
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) return 99;
            execvp(values[2], values + 2);
            return 98;
        }
        """;

    private const string Container = "mount -t tmpfs none /mnt && mkdir /mnt/old && mount --bind / /mnt/old && chroot /mnt/old /bin/true && umount /mnt/old && hostname nested && echo contained";

    [SkippableFact]
    public void ContainersAreMadeBehindTheFilterForThem()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root, so that only the filter can refuse");
        Assert.Equal((0, "contained\n", ""), Behind(nested: true, "unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "sh", "-c", Container));
    }

    [SkippableTheory]
    [InlineData("unshare", "--mount", "true")]
    [InlineData("unshare", "--user", "true")]
    [InlineData("unshare", "--net", "true")]
    [InlineData("nsenter", "--net=/proc/self/ns/net", "true")]
    [InlineData("chroot", "/", "true")]
    public void BehindThePlainFilterNotEvenRootMakesOne(string program, string first, string second)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root, so that only the filter can refuse");
        (int code, _, string errors) = Behind(nested: false, program, first, second);
        Assert.NotEqual(0, code);
        Assert.Matches("not permitted", errors);
    }

    [Fact]
    public void OrdinaryProgramsRunBehindBoth()
    {
        foreach (bool nested in new[] { false, true })
            Assert.Equal((0, "1\n", ""), Behind(nested, "sh", "-c", "true & wait; ls / > /dev/null && echo 1 | cat"));
    }

    private static (int Code, string Output, string Errors) Behind(bool nested, params string[] command)
    {
        using CompiledProgram loader = Compiled.Program(Loader);
        string file = loader.File + ".bpf";
        File.WriteAllBytes(file, MemoryMarshal.AsBytes(FilterEvaluator.Code(PayloadFilter.For(nested)).AsSpan()).ToArray());
        return Compiled.Run(loader.File, [file, .. command]);
    }
}
