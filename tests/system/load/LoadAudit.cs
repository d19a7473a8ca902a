using System.Globalization;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>What must hold of a service when a load is over.</summary>
internal sealed class LoadAudit(Service service, IReadOnlyList<LoadResult> results, (uint First, uint Last) accounts)
{
    private string? _settled;

    /// <summary>Asserts all of it.</summary>
    public void AssertAll()
    {
        Until.True(IsQuiet, 30, () => $"something runs on: {_settled}\n{service.Count("admitted")} admitted, {service.Count("ended")} ended\n{Tail(service.Log)}");
        service.VerifyLedger();
        JsonElement[] admitted = [.. service.Records("admitted")], started = [.. service.Records("started")], ended = [.. service.Records("ended")];
        Same("ended once for each that was admitted", Ids(admitted), Ids(ended));
        Assert.Equal(Ids(started).Distinct().Count(), started.Length);
        Assert.Empty(Ids(started).Except(Ids(admitted)));
        EachClientWasToldWhatIsOnRecord(ended.ToDictionary(Id, e => e.GetProperty("ending")), [.. Ids(started)]);
        OnlyWhatLeftSomethingIsInQuarantine(ended);
        OnlyAClientsOwnChildIsLost(admitted, ended);
        NothingIsLeft();
    }

    /// <summary>How many records of endings there are of each kind.</summary>
    public string Endings() => string.Join(", ", service.Records("ended").CountBy(e => e.GetProperty("ending").GetProperty("kind").GetString()!).OrderByDescending(k => k.Value).Select(k => $"{k.Value} {k.Key}"));

    private static string Id(JsonElement record) => record.GetProperty("payload").GetString()!;

    private static string[] Ids(JsonElement[] records) => [.. records.Select(Id).Order(StringComparer.Ordinal)];

    private static string Tail(string text) => text.Length <= 5_000 ? text : text[^5_000..];

    private static void Same(string what, string[] due, string[] found)
        => Assert.True(due.SequenceEqual(found), $"not {what}; missing: {string.Join(' ', due.Except(found))}; besides: {string.Join(' ', found.Except(due))}; {found.Length} and {due.Length}");

    private bool IsQuiet()
    {
        _settled = service.Shell.Bash("$ROOT status --json").Output;
        return ((string[])["\"running\":0", "\"waiting\":0", "\"lent\":0"]).All(part => _settled.Contains(part, StringComparison.Ordinal)) && service.Count("admitted") == service.Count("ended");
    }

    private void EachClientWasToldWhatIsOnRecord(Dictionary<string, JsonElement> endings, HashSet<string> started)
    {
        foreach (LoadResult result in results.Where(r => r.Job.Runs && !r.WasKilled && r.Id is not null))
        {
            bool isRecorded = endings.TryGetValue(result.Id!, out JsonElement ending);
            string kind = isRecorded ? ending.GetProperty("kind").GetString()! : "none";
            string due = result.Code switch
            {
                245 when kind != "none" => kind, // log-only: the service that would have told it was dead
                137 => "signaled",
                241 or 242 => "none",
                // Admitted, and its service or its warden went before it was told to start; at log-only the record tells of the child that the client then ended.
                244 when !started.Contains(result.Id!) && (kind is "setup-failed" or "abandoned" || result.Job.IsLogOnly) => kind,
                244 => "none",
                247 => "timed-out",
                250 => "out-of-memory",
                _ => "exited",
            };
            Assert.True(kind == due, $"{result.Job.Kind} {result.Id}: on record is {(isRecorded ? ending : "nothing")}, the client was told {result.Code}: {result.Errors}{result.Short}");
            if (due == "exited" && result.Code is not (244 or 245)) // 244: of a child that was never let go
                Assert.Equal(result.Code == 251 ? 0 : result.Code, ending.GetProperty("code").GetInt32());
        }
    }

    // Of everything else cell-init keeps the ending; at log-only client and warden can die before anybody has told how the child ended.
    private static void OnlyAClientsOwnChildIsLost(JsonElement[] admitted, JsonElement[] ended)
    {
        HashSet<string> forked = [.. admitted.Where(a => a.GetProperty("decision").GetProperty("level").GetString() == "log-only").Select(Id)];
        Assert.DoesNotContain(ended, e => e.GetProperty("ending").GetProperty("kind").GetString() == "lost" && !forked.Contains(Id(e)));
    }

    private void OnlyWhatLeftSomethingIsInQuarantine(JsonElement[] ended)
    {
        Dictionary<string, string> accountOf = service.Records("admitted").ToDictionary(Id, a => a.GetProperty("account").GetProperty("uid").ToString());
        HashSet<string> left = [.. ended.Where(e => e.GetProperty("residue").EnumerateObject().Any(kind => kind.Value.TryGetProperty("found", out _))).Select(e => accountOf[Id(e)])];
        string[] kept = [.. service.Shell.Bash($"cat {service.State}/front/leases.ndjson").Lines.Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("op").GetString() == "quarantine").Select(line => line.GetProperty("uid").ToString())];
        Assert.True(kept.All(left.Contains), "in quarantine, with nothing on record: " + string.Join(' ', kept.Except(left)));
    }

    private void NothingIsLeft()
    {
        Until.True(() => Left().Length == 0, 10, () => $"left behind: {string.Join(", ", Left())}\n{Tail(service.Log)}");
        string[] Left() =>
        [
            .. service.Rooms(),
            .. Directory.GetFileSystemEntries(service.State + "/scratch"),
            .. service.Slices().SelectMany(s => Until.Directories(s, 1)).Where(d => Path.GetFileName(d).StartsWith("cell-", StringComparison.Ordinal)),
            .. service.Cells(),
            .. File.ReadLines("/proc/self/mounts").Select(l => l.Split(' ')[1]).Where(m => m.StartsWith(service.Root + "/", StringComparison.Ordinal) && m != service.State + "/scratch"),
            .. HostProcess.All().Where(p => p.Pid != service.Daemon.Id && p.Name is not ("warden" or "cell-init") && p.CommandLine.Contains(service.Root, StringComparison.Ordinal)).Select(p => $"{p.Name} {p.Pid}"),
            .. BesidesRoomsBuiltAhead(),
            .. HostProcess.All().Where(IsAPayloads).Select(p => $"{p.Name} {p.Pid}"),
        ];
    }

    private string[] BesidesRoomsBuiltAhead()
    {
        int found = HostProcess.All().Count(p => p.Name == "cell-init" && p.CommandLine.Contains(service.Root, StringComparison.Ordinal)), due = service.WarmRooms();
        return found == due ? [] : [$"{found} cell-inits for {due} rooms built ahead"];
    }

    private bool IsAPayloads(HostProcess process)
    {
        try
        {
            return HostProcess.Status(process.Pid)["Uid"].Split('\t').Any(uid => uint.Parse(uid, CultureInfo.InvariantCulture) is uint number && number >= accounts.First && number <= accounts.Last);
        }
        catch (IOException)
        {
            return false; // gone meanwhile
        }
    }
}
