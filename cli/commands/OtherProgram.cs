using System.Text;
using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>What another program of ours carries out: this process becomes it.</summary>
internal static class OtherProgram
{
    /// <summary>Has the verbs that work without a service: <c>isolationd NAME …</c>.</summary>
    public const string Daemon = "isolationd";

    /// <summary>Has the probes: <c>separation …</c>.</summary>
    public const string Separation = "separation";

    /// <summary>Hands the words over; returns only when that fails.</summary>
    public static int Run(ProcessInput input, CommandLine line)
    {
        CommandSpec command = line.Command!;
        string program = command.CarriedOutBy!;
        // The daemon has several verbs; the program of the probes has nothing else.
        IEnumerable<string> verbs = program == Daemon ? command.Name.Split(' ') : [];
        List<ReadOnlyMemory<byte>> words = [Ascii(program), .. verbs.Select(Ascii), .. Service(line, program), .. line.Operands];
        int errno = Errno.ENOENT;
        foreach (string place in Places(input, program))
        {
            int failure = Sys.Execute(Encoding.UTF8.GetBytes(place), words, input.Environment);
            errno = failure is Errno.ENOENT or Errno.ENOTDIR ? errno : failure;
        }

        return FailureLine.Of(ExitCode.Unavailable, FailureLine.Sentence(
            $"cannot start {program}, which carries out `isolation {command.Name}` ({ErrnoText.Of(errno)})",
            $"Install it as {Beside(program)}, or in a directory of PATH"));
    }

    /// <summary>Where it is looked for: beside this program, then in PATH.</summary>
    public static IEnumerable<string> Places(ProcessInput input, string program)
    {
        string searched = input.Variable("PATH"u8) is { } path ? Encoding.UTF8.GetString(path.Span) : "/usr/sbin:/usr/bin:/sbin:/bin";
        return searched.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(d => $"{d}/{program}").Prepend(Beside(program));
    }

    // A socket named before the verb is meant for it too.
    private static IEnumerable<ReadOnlyMemory<byte>> Service(CommandLine line, string program)
        => program == Separation && line.Value("--socket") is { } socket ? ["--socket"u8.ToArray(), socket] : [];

    private static string Beside(string program) => Path.Combine(Path.GetDirectoryName(Environment.ProcessPath) ?? "/", program);

    private static ReadOnlyMemory<byte> Ascii(string word) => Encoding.ASCII.GetBytes(word);
}
