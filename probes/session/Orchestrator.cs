using System.Diagnostics;
using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>The command <c>isolation separation</c>: self-tests, then each level, then the reports.</summary>
internal static class Orchestrator
{
    private const int Usage = 240, Unavailable = 242, SetupFailed = 244;

    /// <summary>Its exit code is 0 when nothing broke and every self-test that was made is green, else 1; 240 and above as for the client.</summary>
    public static int Start(string[] words, IReadOnlyList<string> environment)
    {
        if (words.Contains("--help") || words.Contains("-h"))
            return Print(1, Options.Usage, 0);
        Options options = Options.Parse(words);
        if (options.Faults.Count > 0)
            return Print(2, string.Concat(options.Faults.Select(f => $"isolation separation: {f}\n")) + "Try: isolation separation --help\n", Usage);
        if (options.Socket is { } socket)
        {
            Environment.SetEnvironmentVariable("ISOLATION_SOCKET", socket); // of the clients that probes start themselves
            environment = [.. environment.Where(e => !e.StartsWith("ISOLATION_SOCKET=", StringComparison.Ordinal)), "ISOLATION_SOCKET=" + socket];
        }

        List<(string Path, Descriptor File)> reports = [];
        try
        {
            // Opened with the caller's own rights, before it becomes somebody else.
            foreach (string path in options.Reports)
                reports.Add((path, Sys.Open(null, path, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_TRUNC, 0x1a4)));
            return Run(options, environment, reports);
        }
        catch (SyscallException e)
        {
            return Print(2, $"isolation separation: {e.Message}\n", SetupFailed);
        }
        finally
        {
            reports.ForEach(r => r.File.Dispose());
        }
    }

    private static int Run(Options options, IReadOnlyList<string> environment, List<(string Path, Descriptor File)> reports)
    {
        long since = Stopwatch.GetTimestamp();
        bool privileged = Environment.IsPrivilegedProcess;
        Sleeper? Sleep() => privileged && options.Probes.Any(p => p.Place == Place.Meanwhile) ? Sleeper.TryStart(environment) : null;
        IReadOnlyList<Attempt> bare = [];
        if (options.SelfTest)
        {
            using WorkDirectory work = WorkDirectory.Make();
            using Sleeper? asleep = Sleep();
            (bare, string? fault) = new Session(new BareStage(environment), work.Run, work.Path, environment) { Sleeper = asleep }.Run(options.Probes);
            if (fault is not null)
                return Print(2, $"isolation separation: the self-test could not be set up: {fault}\n", SetupFailed);
        }

        using Sweeper? sweeper = options.Payloads && privileged ? Sweeper.Start(environment) : null;
        using Ledger? ledger = options.Payloads && privileged ? Ledger.Start(environment) : null;
        string[] names = options.Levels.Count > 0 || !options.Payloads ? [.. options.Levels] : [""];
        Sleeper?[] sleepers = [.. names.Select(_ => Sleep())];
        if (options.Payloads && privileged && PilotIdentity.Become(options.Account!) is { } refused)
        {
            foreach (Sleeper? unused in sleepers)
                unused?.Dispose();
            return Print(2, $"isolation separation: {refused}\n", Usage);
        }

        List<LevelRun> levels = [];
        for (int i = 0; i < names.Length; i++)
        {
            using Sleeper? asleep = sleepers[i];
            levels.Add(LevelRun.Make(names[i], options.Probes, environment, run => sweeper?.After(run), ledger, asleep));
        }

        Findings findings = new(options.Probes, options.SelfTest ? bare : null, privileged, options.Payloads ? levels : [], HostFacts.Read(environment),
            Stopwatch.GetElapsedTime(since));
        Print(1, TableText.Of(findings), 0);
        foreach ((string path, Descriptor file) in reports)
            Sys.WriteAll(file, path.EndsWith(".html", StringComparison.OrdinalIgnoreCase) ? HtmlReport.Of(findings) : JsonReport.Of(findings));
        if (findings.Levels.Count > 0 && findings.Levels.All(l => l.Fault is not null))
            return Unavailable;
        return findings.IsGood ? 0 : 1;
    }

    private static int Print(int stream, string text, int exitCode)
    {
        using Descriptor output = new(stream);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int at = 0; at < bytes.Length;)
        {
            int written = Sys.TryWrite(output, bytes.AsSpan(at), out _);
            if (written <= 0)
                break;
            at += written;
        }

        output.Release();
        return exitCode;
    }
}
