using System.Text;
using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>What works without a service is in isolationd: this process becomes <c>isolationd NAME …</c>.</summary>
internal static class IsolationDaemon
{
    private static string Beside => Path.Combine(Path.GetDirectoryName(Environment.ProcessPath) ?? "/", "isolationd");

    /// <summary>Hands the words over; returns only when that fails.</summary>
    public static int Run(ProcessInput input, CommandLine line)
    {
        string name = line.Command!.Name;
        List<ReadOnlyMemory<byte>> words =
            ["isolationd"u8.ToArray(), .. name.Split(' ').Select(w => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes(w)), .. line.Operands];
        int errno = Errno.ENOENT;
        foreach (string program in Places(input))
        {
            int failure = Sys.Execute(Encoding.UTF8.GetBytes(program), words, input.Environment);
            errno = failure is Errno.ENOENT or Errno.ENOTDIR ? errno : failure;
        }

        return FailureLine.Of(ExitCode.Unavailable, FailureLine.Sentence(
            $"cannot start isolationd, which carries out `isolation {name}` ({ErrnoText.Of(errno)})",
            $"Install it as {Beside}, or in a directory of PATH"));
    }

    /// <summary>Where it is looked for: beside this program, then in PATH.</summary>
    public static IEnumerable<string> Places(ProcessInput input)
    {
        string searched = input.Variable("PATH"u8) is { } path ? Encoding.UTF8.GetString(path.Span) : "/usr/sbin:/usr/bin:/sbin:/bin";
        return searched.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(d => d + "/isolationd").Prepend(Beside);
    }
}
