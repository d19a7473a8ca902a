using System.Text;
using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>
/// A payload at log-only: policy has decided that this client runs it itself. The client forks; its child connects to the service, shows the handle, and
/// executes the command when it is let go, never before.
/// </summary>
internal static class ForkedRun
{
    private static readonly string[] Searched = ["/usr/local/bin", "/usr/bin", "/bin"];

    /// <summary>Runs it; the result is the client's exit code.</summary>
    public static int Run(ProcessInput input, byte[] address, RunOptions options, ServiceConnection service, JsonView fork, StatusChannel status, UsageFile? usage)
    {
        string id = fork["id"u8].Text ?? "", handle = fork["handle"u8].Text ?? "", level = fork["level"u8].Text ?? "log-only";
        status.Entered(id, handle);
        using ForwardedSignals signals = ForwardedSignals.Take();
        ForkPlan plan = new()
        {
            Programs = [.. Programs(options.Command[0], Environment(input, options, id, level))],
            Arguments = options.Command,
            Environment = Environment(input, options, id, level),
            Directory = options.WorkingDirectory,
            OpenStreams = input.OpenStreams,
            Address = address,
            Greeting = Requests.WithHello(to => Requests.Join(to, id, handle)),
        };
        using UnixSocket? connection = Sys.TrySocketWithin(UnixSocketKind.Stream, ServiceConnection.Patience, out int errno);
        using ForkedChild? child = connection is null ? null : ForkedChild.TryStart(plan, connection, out errno);
        if (child is null)
        {
            string line = FailureLine.Sentence($"cannot fork the payload: {ErrnoText.Of(errno)}; nothing of it has run", "Look at the limits of processes and open files (ulimit -u, -n)");
            status.Ended("setup-failed", line);
            return FailureLine.Of(ExitCode.SetupFailed, line);
        }

        StandardStreams.Release(input.OpenStreams);
        return new ForkedWait(service, new ServiceConnection(connection!), child, signals, status, usage).Run();
    }

    // The pilot's own, since it gets nothing that its pilot has not; what the caller named itself comes after it, and ours last.
    private static List<ReadOnlyMemory<byte>> Environment(ProcessInput input, RunOptions options, string id, string level)
    {
        List<ReadOnlyMemory<byte>> entries = [.. input.Environment];
        foreach (ReadOnlyMemory<byte> entry in options.ExplicitEnvironment)
            Set(entries, entry);
        Set(entries, Encoding.UTF8.GetBytes($"ISOLATION_PAYLOAD={id}"));
        Set(entries, Encoding.UTF8.GetBytes($"ISOLATION_LEVEL={level}"));
        return entries;
    }

    private static void Set(List<ReadOnlyMemory<byte>> entries, ReadOnlyMemory<byte> entry)
    {
        int name = entry.Span.IndexOf((byte)'=') + 1;
        entries.RemoveAll(e => e.Span.StartsWith(entry.Span[..name]));
        entries.Add(entry);
    }

    // As execvp: a name without a slash is looked for in PATH, which an empty entry makes the current directory.
    private static IEnumerable<ReadOnlyMemory<byte>> Programs(ReadOnlyMemory<byte> name, List<ReadOnlyMemory<byte>> environment)
    {
        if (name.Span.Contains((byte)'/'))
            return [name];
        ReadOnlyMemory<byte> path = environment.Find(e => e.Span.StartsWith("PATH="u8));
        string[] directories = path.IsEmpty ? Searched : Encoding.Latin1.GetString(path.Span[5..]).Split(':');
        return directories.Select(d => (ReadOnlyMemory<byte>)Encoding.Latin1.GetBytes(d.Length == 0 ? "./" : d + "/").Concat(name.ToArray()).ToArray());
    }
}
