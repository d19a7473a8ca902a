using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>A payload that a pilot in a batch job has asked for, and that does what it is told (payloads/load.py). Disposing kills its client.</summary>
internal sealed class LoadPayload : IDisposable
{
    private readonly Service.Tests.Service _service;
    private readonly string _statusFile;
    private JsonElement? _ended;

    private LoadPayload(Service.Tests.Service service, Process client, string statusFile) => (_service, Client, _statusFile) = (service, client, statusFile);

    public Process Client { get; }

    /// <summary>What the status channel says of it.</summary>
    public JsonElement Running { get; private set; }

    public string Id => Running.GetProperty("id").GetString()!;

    public int Pid => Running.GetProperty("pid").GetInt32();

    public JsonElement Placement => Running.GetProperty("placement");

    /// <summary>Asks for one, and waits until it runs.</summary>
    public static LoadPayload Start(Service.Tests.Service service, CgroupTree built, BatchTree tree, string limits)
    {
        string file = $"{service.Work}/status-{Guid.NewGuid():N}";
        Process client = built.Start(
            tree, [service.Programs + "/isolation", "--socket", service.Socket, "run", "--status-file", file, .. limits.Split(' '), "--", "/usr/bin/python3", "-SE", service.Work + "/load.py"]);
        LoadPayload payload = new(service, client, file);
        Until.True(() => payload.Find("running") is not null || client.HasExited, 20, () => "the payload did not start\n" + service.Log);
        payload.Running = payload.Find("running") ?? throw new InvalidOperationException($"the client ended with {client.ExitCode}: {client.StandardError.ReadToEnd()}\n{service.Log}");
        return payload;
    }

    /// <summary>Tells it to do something; its answer, or null when it is over instead.</summary>
    public int? Do(string word, int figure)
    {
        Client.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{word} {figure}"));
        Client.StandardInput.Flush();
        Task<string?> line = Client.StandardOutput.ReadLineAsync();
        Assert.True(line.Wait(Until.Deadline(20)), $"no answer to '{word} {figure}'\n{_service.Log}");
        return line.Result is string answer ? int.Parse(answer, CultureInfo.InvariantCulture) : null;
    }

    /// <summary>The record of its ending.</summary>
    public JsonElement Ended()
    {
        if (_ended is JsonElement known)
            return known;
        // Reading the whole ledger again and again is dear.
        string leaf = Isolation.Linux.CgroupLayout.Read().Unified + Running.GetProperty("cgroup").GetString();
        Until.True(() => !Directory.Exists(leaf), 20, () => $"the leaf of {Id} is still there\n{_service.Log}");
        string? record = null;
        Until.True(
            () =>
            {
                record = _service.LedgerText().Split('\n').SingleOrDefault(l => l.Contains("\"type\":\"ended\"", StringComparison.Ordinal) && l.Contains(Id, StringComparison.Ordinal));
                if (record is null)
                    Thread.Sleep(100);
                return record is not null;
            },
            20, () => $"no record of the ending of {Id}\n{_service.Log}");
        _ended = JsonDocument.Parse(record!).RootElement;
        return _ended.Value;
    }

    public void Dispose()
    {
        if (!Client.HasExited)
            Client.Kill();
        Client.WaitForExit();
        if (Running.ValueKind == JsonValueKind.Object)
            Ended();
    }

    private JsonElement? Find(string state)
    {
        if (!File.Exists(_statusFile))
            return null;
        foreach (string line in File.ReadAllText(_statusFile).Split('\n')[..^1])
        {
            JsonElement element = JsonDocument.Parse(line).RootElement;
            if (element.GetProperty("state").GetString() == state)
                return element;
        }

        return null;
    }
}
