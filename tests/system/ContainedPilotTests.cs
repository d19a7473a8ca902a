using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Isolation.Service.Tests;

/// <summary>Promise: a pilot that runs in a container, with or without privilege, lends what only its container has; the payload is not in the container.</summary>
[Collection(PrivateServiceTests.Name)]
public sealed class ContainedPilotTests : IDisposable
{
    private readonly Service _service;

    public ContainedPilotTests()
    {
        _service = Service.Prepare(Site.PrivatePolicy, prepare: null, "/opt", root => Site.PrivatePolicy + $"\nlend: [{root}/lend]\n");
        Shell($"mkdir -p lend elsewhere/job; echo contained > elsewhere/job/f; chown -R {Site.PilotA}: elsewhere/job");
        _service.Launch();
    }

    private string Lend => _service.Root + "/lend";

    public void Dispose() => _service.Dispose();

    [SkippableTheory]
    [InlineData("")]
    [InlineData("--unshare-pid --unshare-ipc --unshare-uts --unshare-net --proc /proc")]
    public void OneOfItsOwnInAUserNamespace(string options)
    {
        Skip.IfNot(File.Exists("/usr/bin/bwrap"), "bwrap is not installed: apt-get install bubblewrap");
        Judge(_service.Shell.Bash($$"""
            setpriv --reuid={{Site.PilotA}} --regid={{Site.PilotA}} --clear-groups bwrap {{options}} --unshare-user --ro-bind / / --tmpfs {{Lend}} --bind {{_service.Root}}/elsewhere/job {{Lend}}/job --dev /dev \
                {{_service.Programs}}/isolation run --workdir {{Lend}}/job -- sh -c 'pwd; cat f; echo made > g; ls /usr/bin/env'
            """));
    }

    [SkippableFact]
    public void OneOfTheBatchSystemsWithARootOfItsOwn()
    {
        Skip.IfNot(File.Exists("/usr/sbin/runc") && File.Exists("/bin/busybox"), "runc or busybox is not installed: apt-get install runc busybox-static");
        string name = Path.GetFileName(_service.Root), root = _service.Root + "/bundle/rootfs";
        Shell($"mkdir -p {root}/bin {root}/proc {root}/dev {root}/sys {root}{Lend}/job {root}{_service.Run}; cp /bin/busybox {_service.Programs}/isolation {root}/bin; cd bundle; runc spec");
        JsonNode spec = JsonNode.Parse(File.ReadAllText(_service.Root + "/bundle/config.json"))!;
        JsonNode process = spec["process"]!;
        string[] ids = _service.Shell.Bash($"id -u {Site.PilotA}; id -g {Site.PilotA}").Lines;
        process["terminal"] = false;
        process["user"] = JsonNode.Parse($$"""{"uid":{{ids[0]}},"gid":{{ids[1]}}}""");
        process["args"] = new JsonArray("/bin/isolation", "run", "--workdir", Lend + "/job", "--", "sh", "-c", "pwd; cat f; echo made > g; ls /usr/bin/env");
        process["env"] = new JsonArray("PATH=/bin", "ISOLATION_SOCKET=" + _service.Socket);
        foreach ((string from, string to) in new[] { (_service.Run, _service.Run), (_service.Root + "/elsewhere/job", Lend + "/job") })
            spec["mounts"]!.AsArray().Add(JsonNode.Parse($$"""{"destination":"{{to}}","source":"{{from}}","type":"bind","options":["rbind"]}"""));
        File.WriteAllText(_service.Root + "/bundle/config.json", spec.ToJsonString());
        try
        {
            Judge(_service.Shell.Bash($"runc run --bundle {_service.Root}/bundle {name}"));
        }
        finally
        {
            _service.Shell.Bash($"runc delete --force {name}");
        }
    }

    private void Judge(Outcome outcome)
    {
        Assert.Equal([Lend + "/job", "contained", "/usr/bin/env"], outcome.Silent().Split('\n')); // busybox's container has no env
        Assert.Equal(Site.PilotA, _service.Shell.Bash($"stat -c %U {_service.Root}/elsewhere/job/g").Silent());
        Assert.False(Directory.Exists(Lend + "/job"));
    }

    private void Shell(string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { WorkingDirectory = _service.Root })!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
