using System.Diagnostics;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>One of the clients of a load: asks for one thing after the other, and kills some of its own.</summary>
internal sealed class LoadClient(Service service, string pilot, int number, Random random, Disasters disasters)
{
    private const int OneInKilled = 15;
    private readonly string _work = Directory.CreateDirectory($"{service.Work}/client-{number}").FullName;
    private readonly List<LoadResult> _results = [];
    private readonly List<string> _faults = [];
    private int _runs;

    public IReadOnlyList<LoadResult> Results => _results;

    public IReadOnlyList<string> Faults => _faults;

    public async Task RunAsync(CancellationToken over)
    {
        File.SetUnixFileMode(_work, (UnixFileMode)0x1ff);
        JobMix mix = new(_work, random);
        while (!over.IsCancellationRequested)
        {
            LoadResult result = await OneAsync(mix.Next());
            _results.Add(result);
            if (result.Fault() is { } fault)
                _faults.Add($"client {number}, run {_runs}, {result.Job.Kind}{(result.WasDisturbed ? ", with a kill meanwhile" : "")}: {fault}: {result.Errors.Trim()} {result.Short}");
            if (result.Job.Fetched is (string file, _))
                File.Delete(file);
            if (result.Code == 242)
                await Task.Delay(200, CancellationToken.None); // as a pilot would that nobody answers
        }
    }

    private async Task<LoadResult> OneAsync(LoadJob job)
    {
        int moment = disasters.Now;
        var time = Stopwatch.StartNew();
        string status = $"{_work}/status-{_runs++}";
        if (job.Sent is (string sent, byte[] content))
            File.WriteAllBytes(sent, content);
        int? killedAfter = job.Runs && random.Next(OneInKilled) == 0 ? random.Next(500) : null;

        using Process client = Start(job, status);
        Task<byte[]> output = ReadAsync(client.StandardOutput.BaseStream);
        Task<string> errors = client.StandardError.ReadToEndAsync();
        Task feed = FeedAsync(client, job.Input);
        Task<int?> other = job.IsWaitedFor && killedAfter is null ? WaitForItAsync(client, status) : Task.FromResult<int?>(null);
        if (killedAfter is int after)
        {
            await Task.Delay(after);
            client.Kill();
        }

        await client.WaitForExitAsync().WaitAsync(Until.Deadline(150));
        await Task.WhenAll(output, errors, feed, other).WaitAsync(Until.Deadline(150));
        string told = File.Exists(status) ? await File.ReadAllTextAsync(status) : "";
        File.Delete(status);
        if (job.Sent is (string file, _))
            File.Delete(file);
        bool wasKilled = killedAfter is not null && client.ExitCode == 137;
        return new LoadResult(job, client.ExitCode, await output, await errors, told[..(told.LastIndexOf('\n') + 1)], wasKilled, disasters.WereSince(moment)) 
        {
            OtherCode = await other,
            Time = time.Elapsed,
        };
    }

    private Process Start(LoadJob job, string status)
        => Start(job.InPython, job.Runs ? ["run", "--status-file", status, .. job.Arguments] : job.Arguments);

    private Process Start(bool inPython, string[] arguments)
    {
        string[] program = inPython ? ["/usr/bin/python3", $"{AppContext.BaseDirectory}/clients/isolation_client.py"] : [service.PilotProgram];
        ProcessStartInfo start = new("/usr/bin/setpriv", [$"--reuid={pilot}", $"--regid={pilot}", "--clear-groups", "--", .. program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _work,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["ISOLATION_SOCKET"] = service.Socket;
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }

    // Another process of the pilot's, which has id and handle.
    private async Task<int?> WaitForItAsync(Process client, string status)
    {
        while (!File.Exists(status) || !File.ReadAllText(status).Contains('\n', StringComparison.Ordinal))
        {
            if (client.HasExited)
                return null;
            await Task.Delay(5);
        }

        JsonElement entered = JsonDocument.Parse(File.ReadLines(status).First()).RootElement;
        if (!entered.TryGetProperty("handle", out JsonElement handle))
            return null; // ended before it entered
        using Process other = Start(inPython: true, ["wait", entered.GetProperty("id").GetString()!, "--handle", handle.GetString()!]);
        other.StandardInput.Close();
        Task all = Task.WhenAll(other.StandardOutput.ReadToEndAsync(), other.StandardError.ReadToEndAsync());
        await other.WaitForExitAsync();
        await all;
        return other.ExitCode;
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using MemoryStream all = new();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }

    private static async Task FeedAsync(Process client, byte[] input)
    {
        try
        {
            await client.StandardInput.BaseStream.WriteAsync(input);
            client.StandardInput.Close();
        }
        catch (IOException)
        {
            // nobody reads it
        }
    }
}
