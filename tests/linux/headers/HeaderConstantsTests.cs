using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace Isolation.Linux.Tests.Headers;

/// <summary>Promise: every number that Isolation.Linux gives a kernel name is the one that the kernel's and the C library's headers give it.</summary>
public sealed partial class HeaderConstantsTests
{
    // Younger than Debian 12's headers (Linux 6.1); each with the kernel that brought it.
    private static readonly Dictionary<string, long> Younger = new()
    {
        ["SO_PEERPIDFD"] = 77, // 6.5
        ["SO_PASSRIGHTS"] = 83, // 6.16
        ["LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET"] = 1, // 6.12
        ["LANDLOCK_SCOPE_SIGNAL"] = 2, // 6.12
        ["PIDFD_GET_INFO"] = 0xc040ff0b, // 6.13
        ["PIDFD_INFO_PID"] = 1, // 6.13
        ["PIDFD_INFO_CGROUPID"] = 4, // 6.13
        ["PIDFD_INFO_EXIT"] = 8, // 6.15
    };

    // Two of the headers' names in one, or part of a longer name.
    private static readonly string[] Composed = ["O_WRONLY_CLOEXEC", "SOCK_DGRAM_NONBLOCK", "SOCK_DGRAM_CLOEXEC", "LOG_DAEMON_WARNING", "X86_64", "O_TMPFILE_ALONE", "MAP_SHARED_ANONYMOUS", "MAP_PRIVATE_ANONYMOUS_32BIT"];

    private const string SystemHeaders = """
        #include <stdio.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <poll.h>
        #include <signal.h>
        #include <sched.h>
        #include <unistd.h>
        #include <sys/epoll.h>
        #include <sys/eventfd.h>
        #include <sys/ioctl.h>
        #include <sys/mman.h>
        #include <sys/personality.h>
        #include <sys/prctl.h>
        #include <sys/resource.h>
        #include <sys/signalfd.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/statvfs.h>
        #include <net/if.h>
        #include <sys/syscall.h>
        #include <sys/un.h>
        #include <sys/vfs.h>
        #include <sys/wait.h>
        #include <syslog.h>
        #include <linux/audit.h>
        #include <linux/bpf.h>
        #include <linux/capability.h>
        #include <linux/close_range.h>
        #include <linux/dqblk_xfs.h>
        #include <linux/filter.h>
        #include <linux/fs.h>
        #include <linux/ioprio.h>
        #include <linux/keyctl.h>
        #include <linux/landlock.h>
        #include <linux/magic.h>
        #include <sys/mount.h>
        #include <linux/openat2.h>
        #include <linux/sched.h>
        #include <linux/seccomp.h>
        """;

    [Fact]
    public void TheyAgreeWithTheHeaders()
    {
        Dictionary<string, long> ours = Ours();
        Assert.True(ours.Count > 60, $"only {ours.Count} constants found");
        HashSet<string> unknown = Undeclared(ours.Keys);
        Assert.Equal(unknown.Where(Younger.ContainsKey).Order(), unknown.Order());
        Assert.All(unknown, name => Assert.Equal(Younger[name], ours[name]));

        string[] known = [.. ours.Keys.Except(unknown)];
        StringBuilder source = new(SystemHeaders + "\nint main(void) {\n");
        foreach (string name in known)
            source.Append(CultureInfo.InvariantCulture, $"printf(\"{name} %lld\\n\", (long long)({name}));\n");
        using CompiledProgram program = Compiled.Program(source.Append("return 0; }\n").ToString());
        foreach (string line in Compiled.Run(program.File).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ');
            Assert.True(long.Parse(fields[1], CultureInfo.InvariantCulture) == ours[fields[0]], $"{fields[0]} is {fields[1]} in the headers, {ours[fields[0]]} in ours");
        }
    }

    private static Dictionary<string, long> Ours()
    {
        Dictionary<string, long> ours = [];
        foreach (FieldInfo field in typeof(Sys).Assembly.GetTypes()
                     .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)))
        {
            if (field.IsLiteral && KernelName().IsMatch(field.Name) && field.GetRawConstantValue() is int or uint or long or ulong or ushort or byte)
                ours.TryAdd(field.Name, Convert.ToInt64(Unsigned(field.GetRawConstantValue()!), CultureInfo.InvariantCulture));
        }

        foreach (string made in Composed)
            ours.Remove(made);
        return ours;
    }

    private static object Unsigned(object value) => value is ulong and > long.MaxValue ? throw new InvalidOperationException("beyond 63 bits") : value;

    private static HashSet<string> Undeclared(IEnumerable<string> names)
    {
        string complaints = Compiled.Complaints(
            SystemHeaders + "\nint main(void) { long long x = 0;\n" + string.Concat(names.Select(n => $"x += (long long)({n});\n")) + "return (int)x; }\n");
        return [.. UndeclaredName().Matches(complaints).Select(m => m.Groups[1].Value)];
    }

    [GeneratedRegex("^(E[A-Z0-9]{2,}|[A-Z][A-Z0-9]*_[A-Za-z0-9_]+|SIG[A-Z0-9]+)$")]
    private static partial Regex KernelName();

    [GeneratedRegex("'([A-Za-z0-9_]+)' undeclared")]
    private static partial Regex UndeclaredName();
}
