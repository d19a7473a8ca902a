using System.Text.Json;
using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>Measures what holds of payloads at the place that the policy in force gives them.</summary>
/// <param name="service">The service.</param>
/// <param name="built">The tree's cgroups.</param>
/// <param name="tree">The tree.</param>
/// <param name="position">The position's name.</param>
/// <param name="withResident">The payload's cell-init is in its job too, as in containers: who kills the whole job kills the one who would tell how the payload ended.</param>
internal sealed class PlaceMeasurement(Service.Tests.Service service, CgroupTree built, BatchTree tree, string position, bool withResident = false)
{
    private const string Loose = "--limit memory=1GiB --limit pids=500", Tight = "--limit memory=48MiB --limit pids=16";
    private const int Counted = 40, MoreThanOwn = 64, MoreThanJob = WatchingBatchSystem.MemoryMiB + 48; // MiB
    private readonly WatchingBatchSystem _system = new(tree, built);
    private readonly List<string> _ids = [];
    private string[] _claimed = [];
    private bool? _memoryIsCounted, _cpuIsCounted, _jobMemory, _jobPids;
    private readonly HashSet<string> _proofs = [];
    private bool _ownMemory, _ownPids, _isMoved, _isReached, _isGone;

    /// <summary>Why the positions before this one were not taken, as the service tells it.</summary>
    public string Why { get; private set; } = "";

    /// <summary>The row, after what the service claimed was compared with it.</summary>
    public PlaceRow Measure(string got)
    {
        Count();
        OutgrowTheJob();
        OutgrowTheLimits();
        if (_isReached)
            KillTheWhole();
        Assert.DoesNotContain(Until.Directories("/sys/fs/cgroup", 10), d => _ids.Exists(id => Path.GetFileName(d).Contains(id, StringComparison.Ordinal)));
        Compare();
        return new PlaceRow(
            tree.Name, position, got,
            PlaceRow.Held(("memory", _jobMemory), ("pids", _jobPids)),
            PlaceRow.Held(("memory", _memoryIsCounted), ("cpu", _cpuIsCounted)),
            PlaceRow.Held(("memory", _ownMemory), ("pids", _ownPids)),
            _isReached ? "reached" : _isGone ? "gone with its client" : PlaceRow.Nothing,
            _proofs.Count == 1 && (_proofs.Contains("pid namespace") || !_isMoved) ? $"proven by {_proofs.Single()}" : "not proven");
    }

    // One process after the other is killed: cell-init may still have told of its payload.
    private string[] Killed => withResident ? ["lost", "signaled"] : ["signaled"];

    // What its job counts, how many processes its job lets it have, whether its pilot can move it, whether a killed job's payload is reached.
    private void Count()
    {
        using LoadPayload payload = Start(Loose);
        (long? memory, TimeSpan? cpu) = (_system.MemoryBytes, _system.Cpu);
        payload.Do("hold", Counted);
        _memoryIsCounted = memory is null ? null : _system.MemoryBytes - memory > (Counted - 8) << 20;
        payload.Do("burn", 200);
        _cpuIsCounted = cpu is null ? null : _system.Cpu - cpu > TimeSpan.FromMilliseconds(150);
        int started = payload.Do("fork", WatchingBatchSystem.Processes)!.Value;
        _jobPids = _system.LimitsProcesses ? started < WatchingBatchSystem.Processes : null;
        int left = OnHost(payload, payload.Do("leave", 0)!.Value);
        _isMoved = Moves(payload.Pid);

        _isReached = _system.Kill(sparing: payload.Client.Id).Contains(payload.Pid);
        if (_isReached)
        {
            Assert.True(payload.Client.WaitForExit(Until.Deadline(10)), "the client waits for a payload that was killed");
            Assert.Contains(payload.Client.ExitCode, withResident ? [128 + 9, 245] : new[] { 128 + 9 });
        }
        else
        {
            _system.Kill();
            _isGone = Until.Try(() => payload.Client.HasExited && !HostProcess.IsAlive(payload.Pid), 5);
            payload.Dispose();
        }

        Over(payload, !_isReached ? ["abandoned"] : Killed);
        Assert.False(HostProcess.IsAlive(left), "what the payload left in a session of its own lives on");
    }

    private void OutgrowTheJob()
    {
        using LoadPayload payload = Start(Loose);
        bool isOver = payload.Do("hold", MoreThanJob) is null;
        _jobMemory = tree.Job is null ? null : isOver;
        if (!isOver)
            return;
        // Where the kernel kills the whole job, the client dies with its payload, and often before it.
        bool diesWhole = tree.Cgroups.Any(c => c.Path == tree.Job && c.Limits.Any(l => l.File == "memory.oom.group"));
        JsonElement ending = Over(payload, diesWhole ? ["out-of-memory", "abandoned", .. withResident ? ["lost"] : Array.Empty<string>()] : ["out-of-memory"]);
        if (ending.TryGetProperty("limit", out JsonElement limit))
            Assert.Equal("job", limit.GetString());
    }

    private void OutgrowTheLimits()
    {
        using LoadPayload payload = Start(Tight);
        _ownPids = payload.Do("fork", 24) < 16;
        _ownMemory = payload.Do("hold", MoreThanOwn) is null;
        if (_ownMemory)
            Assert.Equal("payload", Over(payload, "out-of-memory").GetProperty("limit").GetString());
        string[] notEnforced = [.. payload.Placement.GetProperty("notEnforced").EnumerateArray().Select(n => n.GetString()!)];
        Assert.Equal((_ownMemory, _ownPids), (!notEnforced.Contains("memory"), !notEnforced.Contains("pids")));
    }

    private void KillTheWhole()
    {
        using LoadPayload payload = Start(Loose);
        int left = OnHost(payload, payload.Do("leave", 0)!.Value);
        _system.Kill();
        _isGone = Until.Try(() => !HostProcess.IsAlive(payload.Pid) && !HostProcess.IsAlive(left), 5);
        Assert.True(_isGone, "the batch system's kill reached the payload, and not what it had left");
        Over(payload, [.. Killed, "abandoned"]);
    }

    private LoadPayload Start(string limits)
    {
        LoadPayload payload = LoadPayload.Start(service, built, tree, limits);
        _ids.Add(payload.Id);
        Assert.Equal(position, payload.Placement.GetProperty("position").GetString());
        Why = payload.Placement.TryGetProperty("why", out JsonElement why) ? why.GetString()! : "";
        _claimed = [.. payload.Placement.GetProperty("holds").EnumerateArray().Select(h => h.GetString()!)];
        return payload;
    }

    // Its ending and its emptiness, as the record says them.
    private JsonElement Over(LoadPayload payload, params string[] kinds)
    {
        JsonElement record = payload.Ended();
        Assert.Contains(record.GetProperty("ending").GetProperty("kind").GetString(), kinds);
        _ = _proofs.Add(record.GetProperty("residue").GetProperty("processes").TryGetProperty("proven", out JsonElement how) ? how.GetString()! : "nothing");
        Assert.True(record.GetProperty("residue").GetProperty("cgroups").TryGetProperty("proven", out _), record.GetProperty("residue").GetRawText());
        return record.GetProperty("ending");
    }

    // In a private room a payload knows its processes by other numbers.
    private static int OnHost(LoadPayload payload, int pid)
    {
        string room = Namespace(payload.Pid);
        return room == Namespace(Environment.ProcessId) ? pid
            : HostProcess.All().Select(p => p.Pid).Single(p => Namespace(p) == room && HostProcess.Status(p)["NSpid"].Split('\t')[^1] == $"{pid}");
    }

    private static string Namespace(int pid) => new FileInfo($"/proc/{pid}/ns/pid").LinkTarget ?? "";

    private bool Moves(int pid)
    {
        System.Diagnostics.Process mover = built.Start(
            tree, ["bash", "-c", "for d; do echo $0 > $d/cgroup.procs && echo $d; done 2> /dev/null", $"{pid}", .. _system.Directories]);
        string moved = mover.StandardOutput.ReadToEnd();
        mover.WaitForExit();
        return moved.Length > 0;
    }

    private void Compare()
    {
        if (tree.Job is not null)
        {
            Same("job-limits", _jobMemory != false && _jobPids != false);
            Same("job-accounting", _memoryIsCounted != false && _cpuIsCounted != false);
        }

        Same("own-limits", _ownMemory && _ownPids);
        Same("cgroup-proof", _proofs.All(proof => proof.StartsWith("cgroup", StringComparison.Ordinal)) && !_isMoved);
    }

    private void Same(string property, bool measured)
        => Assert.True(
            _claimed.Contains(property) == measured,
            $"{tree.Name}, {position}: the service claims [{string.Join(", ", _claimed)}]; measured: {property} {(measured ? "holds" : "does not hold")}\n"
            + $"job's limits: memory {_jobMemory}, pids {_jobPids}; counted: memory {_memoryIsCounted}, cpu {_cpuIsCounted}; own: memory {_ownMemory}, pids {_ownPids}; proven {string.Join(" and ", _proofs)}, moved {_isMoved}");
}
