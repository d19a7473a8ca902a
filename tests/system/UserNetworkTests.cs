using System.Globalization;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: where the site gives containers networks of their own that lead to their pilots', a payload reaches by IPv4 and IPv6 what its pilot reaches, and exchanges
/// nothing with what listens on its loopback addresses and abstract sockets; nobody connects to it; who makes that way has no right outside the container and goes with it; where it cannot be made, the payload does not run.
/// </summary>
public sealed class UserNetworkTests(UserNetworkService shared) : IClassFixture<UserNetworkService>
{
    [SkippableFact]
    public void ThroughItAPayloadReachesWhatItsPilotReaches()
    {
        (Service service, PilotNetworks nets) = (shared.Get(), shared.Networks);
        string status = $"{service.Work}/reaches";
        string[] lines = service.Shell.Bash(
            $"{nets.Pilot} $A run --status-file {status} -- sh -c '{Ask(service)} tcp {PilotNetworks.Outside4} 7001 tcp {PilotNetworks.Outside6} 7001 udp {PilotNetworks.Outside4} 7002 udp {PilotNetworks.Outside6} 7002; "
            + $"sleep 2.5; {Ask(service)} tcp {PilotNetworks.Outside4} 7001; ls /sys/class/net; readlink /proc/self/ns/net'").Silent().Split('\n');
        string pilots = service.Shell.Bash($"{nets.Pilot} readlink /proc/self/ns/net").Silent();
        Assert.Equal([PilotNetworks.Pilot4, PilotNetworks.Pilot6, PilotNetworks.Pilot4, PilotNetworks.Pilot6, PilotNetworks.Pilot4, "iso-p", "lo"], lines[..7]);
        Assert.NotEqual(pilots, lines[7]);
        Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget, lines[7]);
        string id = JsonDocument.Parse(File.ReadAllLines(status)[^1]).RootElement.GetProperty("id").GetString()!;
        Assert.Equal("user", service.Records("admitted").Single(r => r.GetProperty("payload").GetString() == id).GetProperty("site").GetProperty("network").GetString());
    }

    [SkippableFact]
    public void WhatListensForItsPilotAloneIsOutOfReach()
    {
        (Service service, PilotNetworks nets) = (shared.Get(), shared.Networks);
        nets.Serve(nets.Pilot);
        string asked = $"tcp 127.0.0.1 7001 tcp ::1 7001 tcp {PilotNetworks.Pilot4} 7001 tcp {PilotNetworks.Pilot6} 7001 abstract iso-outside -";
        Assert.Equal(["127.0.0.1", "::1", PilotNetworks.Pilot4, PilotNetworks.Pilot6, "abstract"], service.Shell.Bash($"{nets.Pilot} {Ask(service)} {asked}").Silent().Split('\n'));
        // The addresses are its own, too: it asks itself.
        Assert.Equal(Enumerable.Repeat("ECONNREFUSED", 5), service.Shell.Bash($"{nets.Pilot} $A run -- {Ask(service)} {asked}").Silent().Split('\n'));
        // Past its own loopback device: what listens there may be connected to, and gets and gives nothing.
        Assert.NotEqual("127.0.0.1", service.Shell.Bash($"{nets.Pilot} $A run -- {Ask(service)} tcp@iso-p 127.0.0.1 7001").Silent());
    }

    [SkippableFact]
    public void NobodyConnectsToIt()
    {
        (Service service, PilotNetworks nets) = (shared.Get(), shared.Networks);
        using Client client = Client.Start(service, "python3 -c 'import socket,time; s=socket.create_server((\"::\",7009),family=socket.AF_INET6,dualstack_ipv6=True); print(\"up\",flush=True); time.sleep(61)'", "",
            before: nets.Pilot);
        Assert.Equal("up", client.ReadLine());
        string asked = $"tcp {PilotNetworks.Pilot4} 7009 tcp {PilotNetworks.Pilot6} 7009";
        foreach (string place in new[] { nets.Outside, nets.Pilot })
            Assert.Equal(Enumerable.Repeat("ECONNREFUSED", 2), service.Shell.Bash($"{place} {Ask(service)} {asked}").Silent().Split('\n'));
    }

    [SkippableFact]
    public void WhoServesItHasNoRightOutsideTheContainerAndGoesWithIt()
    {
        (Service service, PilotNetworks nets) = (shared.Get(), shared.Networks);
        int server;
        using (Client client = Client.Start(service, "sleep 61", "", before: nets.Pilot))
        {
            server = Server(client);
            Dictionary<string, string> status = HostProcess.Status(server);
            Assert.Equal(Enumerable.Repeat((client.Uid - 1).ToString(CultureInfo.InvariantCulture), 4), status["Uid"].Split('\t'));
            Assert.Equal("", status["Groups"]);
            Assert.Equal("1", status["NoNewPrivs"]);
            Assert.Equal(3, status["NSpid"].Split('\t').Length); // its own pid namespace is in the container's, whose end ends it
            Assert.Equal(["0"], service.Shell.Bash($"nsenter -t {client.Pid} -p -m -S {client.Uid} -G {client.Uid} sh -c 'ls /proc | grep -c \"^{status["NSpid"].Split('\t')[1]}$\"'").Lines); // which does not show it to the payload
            // It is charged with neither what the payload uses nor what the service does.
            Assert.Contains(File.ReadLines($"/proc/{server}/cgroup"), line => line.EndsWith("/init", StringComparison.Ordinal));
            Assert.DoesNotContain(File.ReadLines($"/proc/{server}/cgroup"), line => line.Contains("/cell-", StringComparison.Ordinal));
            HostProcess.Signal(client.Pid, 9);
            Assert.Equal(137, client.Wait());
        }

        Until.True(() => !HostProcess.IsAlive(server), 10, () => "what served its network is still there");
        NothingIsLeft(service);
    }

    [SkippableFact]
    public void WhereverItIsMovedItEndsWithTheContainer()
    {
        (Service service, PilotNetworks nets) = (shared.Get(), shared.Networks);
        using Client client = Client.Start(service, "sleep 61", "", before: nets.Pilot);
        int server = Server(client);
        File.WriteAllText(Isolation.Linux.CgroupLayout.Read().Unified + "/cgroup.procs", $"{server}"); // as a pilot can to whom the job's cgroup was given
        HostProcess.Signal(client.Pid, 15);
        Assert.Equal(143, client.Wait());
        Assert.False(HostProcess.IsAlive(server));
        NothingIsLeft(service);
    }

    [SkippableFact]
    public void APayloadGoesOnWithoutItAndEndsAsItDoes()
    {
        (Service service, PilotNetworks nets) = (shared.Get(), shared.Networks);
        using Client client = Client.Start(service, $"sh -c 'read go; {Ask(service)} tcp {PilotNetworks.Outside4} 7001; exit 9'", "", before: nets.Pilot);
        HostProcess.Signal(Server(client), 9);
        Until.True(() => Find(client).Length == 0, 10, () => "it was not killed");
        client.Process.StandardInput.WriteLine("go");
        client.Process.StandardInput.Close();
        Assert.Contains(client.ReadLine(), (string[])["ENETUNREACH", "ETIMEDOUT", "EHOSTUNREACH"]);
        Assert.Equal(9, client.Wait());
        NothingIsLeft(service);
    }

    [SkippableFact]
    public void OneThatWasBuiltAheadLeadsToTheHostsNetwork()
    {
        Service service = shared.Get();
        string[] own = service.Shell.Bash("ip -4 route show default").Silent().Split(' ');
        string device = own[Array.IndexOf(own, "dev") + 1];
        for (int i = 0; i < 3; i++) // one after the other from the stock
            Assert.Equal(new[] { device, "lo" }.Order(StringComparer.Ordinal), service.Shell.Bash("$A run -- ls /sys/class/net").Silent().Split('\n').Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public void WhereThePilotHasNoWayOutThePayloadDoesNotRun()
    {
        Service service = shared.Get();
        string told = service.Shell.Bash("unshare -n $A run -- touch $WORK/ran < /dev/null").Refused(244);
        // Of 2023 and 2024 it ends with 1; later ones make a network that leads nowhere.
        Assert.Matches("step \"network\", nothing of the payload has run: /usr/bin/pasta (ended with 1|has made no way out of the container's network): .*interface", told);
        Assert.False(File.Exists(service.Work + "/ran"));
        NothingIsLeft(service);
    }

    [SkippableTheory]
    [InlineData("", "pasta cannot be run: it is not a program that only root can change. Fix: Install it: apt install passt")]
    [InlineData("exit 0", "/usr/bin/pasta has made no way out of the container's network: it said nothing")]
    [InlineData("echo cannot; kill -9 $$", "/usr/bin/pasta was killed by signal 9: cannot")]
    public void WhereItDoesNotWorkTheLevelIsNotReadyAndSaysWhy(string script, string why)
    {
        Site.RequireUserNetworks();
        using Service service = StartWith(_ => script, script.Length == 0 ? 0x1ff : 0x1ed);
        Assert.Contains(why, service.Shell.Bash("$A run -- true").Refused(242), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void OneThatHangsIsTheSandboxsFailureAndIsEnded()
    {
        Site.RequireUserNetworks();
        string sleep = $"sleep 61.{Environment.ProcessId}";
        using Service service = StartWith(root => $"[ -e {root}/hang ] && exec {sleep}; exec {root}/real/pasta \"$@\"", 0x1ed);
        service.Shell.Bash("touch ../hang").Silent();
        Assert.Contains("/usr/bin/pasta is not ready after 10 s: it said nothing", service.Shell.Bash("$A run -- true").Refused(244), StringComparison.Ordinal);
        Assert.DoesNotContain(HostProcess.All(), p => p.CommandLine.StartsWith(sleep, StringComparison.Ordinal));
        service.Shell.Bash("rm ../hang; $A run -- true").Silent();
        NothingIsLeft(service);
    }

    // A service of a test's own that sees a script in pasta's place, and builds nothing ahead.
    private static Service StartWith(Func<string, string> script, int mode)
    {
        Service service = Service.Prepare(UserNetworkService.UserPolicy.Replace("network: user", "network: user, warm: 0", StringComparison.Ordinal), place: "/opt");
        string program = service.Root + "/pasta";
        File.WriteAllText(program, $"#!/bin/sh\n{script(service.Root)}\n");
        File.SetUnixFileMode(program, (UnixFileMode)mode);
        Directory.CreateDirectory(service.Root + "/real");
        File.Copy(new FileInfo("/usr/bin/pasta").ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? "/usr/bin/pasta", service.Root + "/real/pasta");
        service.MountsFirst = $"mount --bind {program} $(readlink -f /usr/bin/pasta)";
        service.Launch();
        return service;
    }

    private static string Ask(Service service) => $"python3 {service.Work}/ask.py";

    private static int Server(Client client) => Assert.Single(Find(client)).Pid;

    private static HostProcess[] Find(Client client)
    {
        string? users = new FileInfo($"/proc/{client.CellInit}/ns/user").LinkTarget;
        return [.. HostProcess.All().Where(p => p.CommandLine.StartsWith("/usr/bin/pasta ", StringComparison.Ordinal) && IsIn(p.Pid, users))];
    }

    private static bool IsIn(int pid, string? users)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/ns/user").LinkTarget == users;
        }
        catch (IOException)
        {
            return false; // gone meanwhile
        }
    }

    private static string[] Rooms(Service service) => [.. service.Slices().SelectMany(slice => Until.Directories(slice, 1)).Where(place => Path.GetFileName(place).StartsWith("room-", StringComparison.Ordinal) && !place.EndsWith("-builder", StringComparison.Ordinal))];

    private static bool IsServerOf(Service service, HostProcess process)
    {
        try
        {
            return process.CommandLine.StartsWith("/usr/bin/pasta ", StringComparison.Ordinal)
                && File.ReadAllText($"/proc/{process.Pid}/cgroup").Contains(Isolation.Linux.SliceName.Of(service.Run), StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // gone meanwhile
        }
    }

    private static void NothingIsLeft(Service service)
    {
        // But what was built ahead: empty rooms, and who serves each.
        Until.True(() => Rooms(service).All(room => Until.Directories(room, 1).All(child => Path.GetFileName(child) == "init")) && Rooms(service).Length == HostProcess.All().Count(p => IsServerOf(service, p)), 10,
            () => $"left: {string.Join(' ', Rooms(service))}, {HostProcess.All().Count(p => IsServerOf(service, p))} that serve\n{service.Log}");
        service.VerifyLedger();
    }
}

/// <summary>A service whose containers have networks of their own that lead to their pilots'; and such a pilot's network.</summary>
public sealed class UserNetworkService : IDisposable
{
    private Service? _service;
    private PilotNetworks? _networks;

    internal static string UserPolicy => Site.ContainerPolicy.Replace("{ room: classic }", "{ room: classic }\n  container: { network: user }", StringComparison.Ordinal);

    internal PilotNetworks Networks => _networks ??= new PilotNetworks();

    internal Service Get()
    {
        Site.RequireUserNetworks();
        if (_service is not null)
            return _service;
        _service = Service.Start(UserPolicy, place: "/opt");
        File.Copy(AppContext.BaseDirectory + "/networks/ask.py", _service.Work + "/ask.py");
        return _service;
    }

    public void Dispose()
    {
        _service?.Dispose();
        _networks?.Dispose();
    }
}
