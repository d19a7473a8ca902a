using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: where policy allows nested containers, a payload of a private room makes containers of its own, which get it nothing that it had not;
/// where policy denies them, the calls fail with EPERM and the payload goes on.
/// </summary>
[Collection(PrivateServiceTests.Name)]
public class NestedContainersTests(PrivateService denying, NestingService allowing) : IClassFixture<NestingService>
{
    private protected virtual string Places => "['etc', 'lent', 'scratch']";

    private const string Container = "bwrap --unshare-all --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp";

    [SkippableTheory]
    [InlineData("unshare -Ur id -u", "0")]
    [InlineData("unshare -Ur unshare -Ur unshare -Ur id -u", "0")]
    [InlineData("unshare -Urm sh -c 'mkdir m; mount -t tmpfs x m; echo in > m/f; cat m/f; umount m; ls m'", "in")]
    [InlineData("unshare -Urpf --mount-proc ps -o pid= -o args=", "1 ps -o pid= -o args=")]
    public void NamespacesAndMountsAreItsOwnToMake(string command, string said)
        => Assert.Equal(said, allowing.Get().Shell.Bash($"$A run -- {command}").Silent());

    [SkippableFact]
    public void ItsScratchCanBeTheUpperLayerOfAnOverlay()
    {
        SkipOnOverlay();
        Assert.Equal("new", allowing.Get().Shell.Bash(
            "$A run -- unshare -Urm sh -c 'mkdir u w m; mount -t overlay -o lowerdir=/usr,upperdir=u,workdir=w,userxattr x m; touch m/new; ls u'").Silent());
    }

    [SkippableFact]
    public void ARealContainerRunsWithProcessesDevicesAndNetworkOfItsOwn()
    {
        RequireBubblewrap();
        string[] lines = allowing.Get().Shell.Bash($$"""
            $A run -- bash -c 'id -u; {{Container}} bash -c "id -u; ls /proc | grep -c ^[0-9]; ls -A /tmp | wc -l; echo x > /dev/null; python3 -c \"import socket; print([n for _, n in socket.if_nameindex()])\"; touch /etc/x"'
            """).Expect(1).Lines;
        Assert.Equal(lines[0], lines[1]);
        Assert.InRange(int.Parse(lines[2], System.Globalization.CultureInfo.InvariantCulture), 3, 5); // bwrap, bash, ls and grep
        Assert.Equal(["0", "['lo']"], lines[3..]);
    }

    [SkippableFact]
    public void ItsScratchAndWhatItWasLentAreSeenInItAndKeepTheirOwners()
    {
        RequireBubblewrap();
        SkipOnOverlay();
        Service service = allowing.Get();
        string[] lines = service.Shell.Bash($$"""
            $A run --workdir {{service.Root}}/lend/own -- bash -c '
                {{Container}} --bind $HOME $HOME --bind $PWD $PWD bash -c "echo a > \$HOME/a; echo b > b; chmod u+s b"
                unshare -Urm sh -c "echo c > c; chmod u+s c; chown 1 c"; cat $HOME/a; stat -c "%u %a" b c | sed s/$(id -u)/mine/'
            """).Expect(0).Lines;
        Assert.Equal(["a", "mine 644", "mine 644"], lines);
        Assert.Equal("isotest-a isotest-a", service.Shell.Bash($"stat -c %U {service.Root}/lend/own/b {service.Root}/lend/own/c | xargs").Silent());
    }

    [SkippableFact]
    public void WhatIsHiddenStaysHiddenWhateverIsMountedAndUnmounted()
    {
        Service service = allowing.Get();
        using Client other = service.Shell.StartPayload("sleep 60");
        Provide(service, "nested_look.py");
        string[] lines = service.Shell.Bash($"$A run -- unshare -Urm python3 $WORK/nested_look.py {service.Root}/lend {service.State} {service.Run} /sys/fs/cgroup < /dev/null").Silent().Split('\n');
        Assert.Equal($"{service.Root}/lend: []", lines[0]);
        Assert.Equal($"{service.State}: []", lines[1]);
        Assert.Equal($"{service.Run}: {Places}", lines[2]);
        Assert.Equal("/sys/fs/cgroup: []", lines[3]);
        Assert.Equal(["done"], lines[4..]); // anything else has come to be seen

        string seen = service.Shell.Bash("""
            mkdir covered; touch covered/planted; unshare -m --propagation private sh -c 'mount -t tmpfs x covered && python3 nested_look.py $0/covered' "$WORK"
            """).Silent();
        Assert.Contains("umount", seen, StringComparison.Ordinal); // where the cover is not locked, it finds what is below
    }

    [SkippableFact]
    public void ItsCapabilitiesEndAtItsNamespace()
    {
        Service service = allowing.Get();
        File.WriteAllText(service.Work + "/secret", "planted");
        service.Shell.Bash($"chown {Site.PilotA} $WORK/secret; chmod 600 $WORK/secret").Silent();
        Provide(service, "nested_act.py");
        using Client other = service.Shell.StartPayload("sleep 60");
        string[] lines = service.Shell.Bash($"$A run -- unshare -Urm python3 $WORK/nested_act.py $WORK {other.Uid}").Silent().Split('\n');
        Assert.Equal(["full", "done"], lines); // it has every capability there; anything else has succeeded
        Assert.True(HostProcess.IsAlive(other.Pid));
    }

    [SkippableFact]
    public void WhatAContainerLeavesIsGoneWithItsPayload()
    {
        RequireBubblewrap();
        Service service = allowing.Get();
        service.Shell.Bash($$"""
            $A run --status-file $WORK/nested-left -- bash -c '
                setsid -f {{Container}} bash -c "trap : TERM HUP; mount; sleep 1017; :"
                setsid -f unshare -Urmpf bash -c "mkdir m; mount -t tmpfs iso-nested m; touch m/ns; mount --bind /proc/self/ns/net m/ns; sleep 1017; :"
                until [ $(ps ax -o args= | grep -c "^sleep 1017") = 2 ]; do sleep 0.05; done; exit 9' > /dev/null
            """).Expect(9);
        Assert.DoesNotContain(HostProcess.All(), p => p.CommandLine.Contains("sleep 1017", StringComparison.Ordinal));
        Assert.DoesNotContain("iso-nested", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        string id = JsonDocument.Parse(File.ReadAllLines(service.Work + "/nested-left")[^1]).RootElement.GetProperty("id").GetString()!;
        string record = service.LedgerText().Split('\n').Single(line => line.Contains("\"type\":\"ended\"", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal));
        foreach (string kind in new[] { "processes", "cgroups", "ipc", "files", "scratch" })
            Assert.True(JsonDocument.Parse(record).RootElement.GetProperty("residue").GetProperty(kind).TryGetProperty("proven", out _), record);
    }

    [SkippableFact]
    public void WhereTheyAreDeniedEachCallFailsWithEpermAndThePayloadGoesOn()
    {
        RequireBubblewrap();
        Service service = denying.Get();
        Provide(service, "nested_denied.py");
        Assert.Equal("done", service.Shell.Bash("$A run -- python3 $WORK/nested_denied.py").Silent());
        Outcome outcome = service.Shell.Bash($"$A run -- bash -c '{Container} true; echo $?; unshare -Ur true; echo $?; echo on'");
        Assert.Equal(["1", "1", "on"], outcome.Lines);
        Assert.Contains("bwrap: No permissions to create", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("unshare: unshare failed: Operation not permitted", outcome.Errors, StringComparison.Ordinal);
    }

    // A private room has a /tmp of its own, so what it is to run is put beside the service.
    private static void Provide(Service service, string script) => File.Copy($"{AppContext.BaseDirectory}/clients/{script}", $"{service.Work}/{script}", overwrite: true);

    private static void RequireBubblewrap() => Skip.IfNot(File.Exists("/usr/bin/bwrap"), "bwrap is not installed: apt-get install bubblewrap");

    private void SkipOnOverlay()
        => Skip.If(allowing.Get().Shell.Bash("stat -f -c %T .").Silent() == "overlayfs", "the service's directories lie on an overlay, which is lent to nobody and is no overlay's upper layer");
}

/// <summary>One service whose private rooms allow nested containers, and from which a directory can be lent.</summary>
public class NestingService : IDisposable
{
    private Service? _service;

    private protected virtual string Policy => Site.Policy.Replace("{ room: classic }", "{ room: private, nested-containers: allow }", StringComparison.Ordinal);

    internal Service Get()
    {
        Site.Require();
        return _service ??= Service.Start("", root =>
        {
            Directory.CreateDirectory(root + "/lend/own");
            File.WriteAllText(root + "/lend/planted", "secret");
            System.Diagnostics.Process.Start("chown", [$"{Site.PilotA}:", root + "/lend/own"]).WaitForExit();
            return () => { };
        }, "/opt", root => Policy + $"\nlend: [{root}/lend]\n");
    }

    public void Dispose()
    {
        _service?.Dispose();
        GC.SuppressFinalize(this);
    }
}
