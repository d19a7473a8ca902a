using System.Diagnostics;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>A service of the test build, and one payload at a time through the death of one of its programs.</summary>
internal sealed class CrashService : IDisposable
{
    private readonly Service _service;
    private readonly List<Process> _launchers = []; // their pipes are the warden's standard error

    private readonly int _warm;
    private readonly int _containers;
    private int _images;

    private CrashService(Service service, int warm, int containers) => (_service, _warm, _containers) = (service, warm, containers);

    /// <summary>Where <c>./build --crash-points</c> puts the programs.</summary>
    public static string CrashPrograms { get; } = Path.GetFullPath(Path.Combine(Site.BuiltPrograms, "..", "crash-points", "bin"));

    public static CrashService Start(string room, int warm, int containers, string network)
    {
        Site.Require();
        Skip.IfNot(File.Exists(CrashPrograms + "/.built"), "the test build is not there: run ./build --crash-points");
        if (network == "user")
            Site.RequireUserNetworks();
        string policy = Site.Policy.Replace("identity-switch: require", "identity-switch: allow", StringComparison.Ordinal)
            .Replace("log-only: no", "log-only: allow", StringComparison.Ordinal).Replace("accept: [setuid]", "accept: [log-only, setuid, container]", StringComparison.Ordinal)
            .Replace("accounts:\n", "accounts:\n  rooms: { range: 2104000-2104999, ids-per-room: 2 }\n", StringComparison.Ordinal)
            .Replace("{ room: classic }", $"{{ room: {room}, warm: {warm} }}\n  container: {{ warm: {containers}, network: {network} }}", StringComparison.Ordinal);
        var service = Service.Prepare(policy, place: "/opt", policyFor: root => $"{policy}\nlend: [{root}/lend]\nimages: {{ allow: [host, \"oci:{root}/images/*\"] }}\n");
        foreach (string file in Directory.EnumerateFiles(CrashPrograms))
            File.Copy(file, Path.Combine(service.Programs, Path.GetFileName(file)), overwrite: true);
        Directory.CreateDirectory(service.Root + "/lend/own");
        Directory.CreateDirectory(service.Root + "/lend/others");
        Process.Start("chown", ["isotest-a", service.Root + "/lend/own"]).WaitForExit();
        File.WriteAllText(service.Work + "/in", "in\n");
        service.Launch();
        return new CrashService(service, warm, containers);
    }

    /// <summary>Asks for a payload, kills the program at the point, brings it back, and looks at what came of it all.</summary>
    public void Survive(Row row)
    {
        if (_warm + _containers > 0)
            Stock();
        (int admitted, int ended) = (_service.Count("admitted"), _service.Count("ended"));
        string first = row.After ?? row.Name;
        WritePayload(row.Scene == Scene.LogOnlyOutOfTime ? "exec sleep 60" : "exit 7");
        if (row.Scene == Scene.PackedImage)
            PackImage();
        Choose(first);
        using Process client = _service.Shell.Start($"exec $A run {Options(row.Scene)} -- {Payload} < /dev/null");
        Task<string> output = client.StandardOutput.ReadToEndAsync(), errors = client.StandardError.ReadToEndAsync();
        AwaitDeath(first, client);
        if (row.After is not null)
        {
            Choose(row.Name);
            Begin(row.Name);
            AwaitDeath(row.Name, null);
        }

        Choose(null);
        BringBack(row.Name);
        Assert.True(client.WaitForExit(Until.Deadline(30)), $"the client waits on\n{_service.Log}");
        Until.True(() => _service.Count("admitted") == _service.Count("ended"), 20, () => $"{_service.Count("admitted")} admitted, {_service.Count("ended")} ended\n{_service.Log}");
        string seen = $"exit code {client.ExitCode}, '{output.Result.Trim()}', {errors.Result}";
        string[] endings = [.. _service.Records("ended").Skip(ended).Select(r => r.GetProperty("ending").GetProperty("kind").GetString()!)];
        Assert.True(row.Told.HasFlag(ToldBy(client.ExitCode, output.Result.Trim(), endings, seen)), $"told: {seen} {string.Join(' ', endings)}\n{_service.Log}");
        Assert.InRange(_service.Count("admitted") - admitted, 0, 1);
        NothingIsLeft();
        Assert.Equal("3", _service.Shell.Bash("$A run -- sh -c 'exit 3' < /dev/null; echo $?").Output.Trim());
        NothingIsLeft();
        _service.VerifyLedger();
    }

    public void Dispose()
    {
        Choose(null);
        _service.Dispose();
        _launchers.ForEach(launcher => launcher.Dispose());
    }

    /// <summary>Away with it, whatever is left of it.</summary>
    public void Discard()
    {
        _service.Remove();
        _launchers.ForEach(launcher => launcher.Dispose());
    }

    private static Told ToldBy(int code, string output, string[] endings, string seen) => (code, output, endings) switch
    {
        (7, "ran", ["exited"]) => Told.ExitCode,
        (241 or 242 or 244, "", [] or ["setup-failed"]) => Told.NothingRan,
        (245, "" or "ran", ["lost"]) => Told.Lost,
        (247, "ran", ["timed-out"]) => Told.OutOfTime,
        _ => throw new InvalidOperationException($"what was told, what ran and what is on record do not agree: {seen} {string.Join(' ', endings)}"),
    };

    private string Payload => _service.Work + "/payload";

    // Anew for each: the digest of one that has not changed is remembered.
    private void WritePayload(string last)
    {
        File.WriteAllText(Payload, $"#!/bin/sh\necho made > \"$HOME/made\"\necho ran\n{last}\n");
        File.SetUnixFileMode(Payload, (UnixFileMode)0x1ed);
    }

    private void Stock()
    {
        _service.Shell.Bash($"$A run {Options(_containers > 0 ? Scene.StockOfContainers : Scene.Stock)} -- true < /dev/null").Expect(0);
        Until.True(() => Rooms().Length == _warm + _containers && CellInits().Length == _warm + _containers && Left().Length == 0, 10, () => "no room was built ahead\n" + _service.Log);
    }

    private string Options(Scene scene) => scene switch
    {
        Scene.Exchange => $"--in {_service.Work}/in --out made",
        Scene.Lending => $"--workdir {_service.Root}/lend/own",
        Scene.Refused => $"--workdir {_service.Root}/lend/others",
        Scene.Stock => "",
        Scene.StockOfContainers => "--level container",
        Scene.Container => $"--level container --in {_service.Work}/in --out made",
        Scene.PackedImage => $"--level container --image oci:{_service.Root}/images/it",
        Scene.UserNetwork => "--level container",
        Scene.LogOnly => "--level log-only",
        _ => "--level log-only --limit wall=500ms",
    };

    // Anew for each: what has been unpacked is not unpacked again.
    private void PackImage()
    {
        string image = _service.Root + "/images/it";
        if (Directory.Exists(image))
            Directory.Delete(image, recursive: true);
        using var packing = Process.Start("/usr/bin/python3", [AppContext.BaseDirectory + "/images/layouts.py", image, "files", "/", $"{++_images}"]);
        packing.WaitForExit();
        Assert.Equal(0, packing.ExitCode);
    }

    private void Choose(string? point)
    {
        string file = _service.Run + "/crash-point";
        if (point is null)
            File.Delete(file);
        else
            File.WriteAllText(file, point);
    }

    private void AwaitDeath(string point, Process? client)
    {
        string line = $"killed at the crash point '{point}'";
        Until.True(() => _service.Log.Contains(line, StringComparison.Ordinal) || client?.HasExited == true, 20, () => $"{point} was not reached\n{_service.Log}");
        Until.True(() => _service.Log.Contains(line, StringComparison.Ordinal), 2, () => $"{point} was not reached, and the client is over\n{_service.Log}");
        if (point.StartsWith("isolationd", StringComparison.Ordinal))
            Assert.True(_service.Daemon.WaitForExit(Until.Deadline(5)), "isolationd lives");
        else if (point.StartsWith("warden", StringComparison.Ordinal))
            Until.True(() => _service.Warden is null, 5, () => "the warden lives");
    }

    private void Begin(string point)
    {
        if (point.StartsWith("isolationd", StringComparison.Ordinal))
            _service.Begin();
        else
            _launchers.Add(_service.StartDaemon());
    }

    private void BringBack(string point)
    {
        if (point.StartsWith("isolationd", StringComparison.Ordinal))
            _service.Launch();
        if (point.StartsWith("warden", StringComparison.Ordinal))
        {
            Process launcher = _service.StartDaemon();
            _launchers.Add(launcher);
            Assert.True(launcher.WaitForExit(Until.Deadline(30)), "the command that brings back the warden did not end:\n" + _service.Log);
            Assert.True(launcher.ExitCode == 0, $"exit code {launcher.ExitCode}:\n{_service.Log}");
        }

        Until.True(_service.HasItsWarden, 10, () => "isolationd has not found its warden again\n" + _service.Log);
    }

    private string Status() => _service.Shell.Bash("$ROOT status --json").Output;

    private void NothingIsLeft()
    {
        Until.True(() => Left().Length == 0, 10, () => $"left: {string.Join(", ", Left())}\n{_service.Log}");
        LeasesAreLentOnce();
    }

    private string[] Left()
    {
        string[] rooms = Rooms(), cellInits = CellInits();
        string status = Status();
        string[] counts = [.. new[] { "\"running\":0,", "\"lent\":0,", "\"quarantined\":0" }.Where(count => !status.Contains(count, StringComparison.Ordinal)).Select(count => $"not {count}: {status}")];
        return
        [
            .. counts,
            .. rooms.Length <= _warm + _containers && rooms.Length == cellInits.Length ? [] : rooms.Concat(cellInits),
            .. Directory.EnumerateFileSystemEntries(_service.State + "/scratch"),
            .. Cgroups().Length <= Math.Min(_containers, rooms.Length) ? [] : Cgroups(), // each of them a room's that waits
            .. Directory.Exists(_service.State + "/images") ? Directory.EnumerateDirectories(_service.State + "/images").Where(image => Path.GetFileName(image).Length != 64) : [],
            .. File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')[1]).Where(mount => mount.StartsWith(_service.Root, StringComparison.Ordinal) && mount != _service.State + "/scratch"),
            .. Processes().Where(p => p.Name is "crun" or "skopeo" or "umoci" || p.Name.StartsWith("runc", StringComparison.Ordinal)).Select(p => $"{p.Name} {p.Pid}"),
            .. Processes().Where(p => p.Name == "warden").Skip(1).Select(p => $"{p.Name} {p.Pid}"),
        ];
    }

    private string[] Cgroups() => [.. _service.Slices().SelectMany(slice => Until.Directories(slice, 1))];

    private string[] Rooms() => [.. Directory.EnumerateFileSystemEntries(_service.Run + "/rooms").Where(entry => Path.GetFileName(entry) != "lock")];

    private string[] CellInits() => [.. Processes().Where(p => p.Name == "cell-init").Select(p => $"{p.Name} {p.Pid}")];

    private IEnumerable<HostProcess> Processes() => HostProcess.All().Where(p => p.CommandLine.Contains(_service.Root, StringComparison.Ordinal));

    // As the journal has it, which its writer has locked: an account is taken by one payload at a time.
    private void LeasesAreLentOnce()
    {
        Dictionary<string, uint> held = [];
        foreach (string line in _service.Shell.Bash($"cat {_service.State}/front/leases.ndjson").Lines)
        {
            JsonElement entry = JsonDocument.Parse(line).RootElement;
            string? op = entry.GetProperty("op").GetString();
            if (op == "take")
            {
                uint uid = entry.GetProperty("uid").GetUInt32();
                Assert.DoesNotContain(uid, held.Values);
                held.Add(entry.GetProperty("payload").GetString()!, uid);
            }
            else if (op == "free")
            {
                held.Remove(entry.GetProperty("payload").GetString()!);
            }
        }

        Assert.Empty(held);
    }
}
