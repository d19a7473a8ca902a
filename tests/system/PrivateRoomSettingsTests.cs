using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>Promise: a private room is what its site says: what stays writable, what is hidden, what is shown, how large, with which network.</summary>
[Collection(PrivateServiceTests.Name)]
public sealed class PrivateRoomSettingsTests
{
    [SkippableFact]
    public void AWritablePlaceStaysWritableAndWhatIsLeftThereIsFound()
    {
        using Service service = Start("writable: [ROOT/work]");
        service.Shell.Bash("$A run -- bash -c 'echo mine > $0/left; touch /etc/x' \"$WORK\"").Expect(1);
        Assert.Equal("mine\n", File.ReadAllText(service.Work + "/left"));
        Assert.Contains($"{service.Work}/left", service.LedgerText(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AHiddenPlaceLooksEmptyAndSoDoesOneThatPilotsLendFrom()
    {
        using Service service = Start("hide: [ROOT/hidden]", "lend: [ROOT/lend]", root =>
        {
            foreach (string place in new[] { "/hidden", "/lend" })
                File.WriteAllText(Directory.CreateDirectory(root + place).FullName + "/secret", "x");
        });
        string[] lines = service.Shell.Bash($"$A run -- bash -c 'ls -A {service.Root}/hidden {service.Root}/lend | grep -c secret; ls {service.Root}'").Expect(0).Lines;
        Assert.Equal("0", lines[0]);
        Assert.Contains("hidden", lines);
    }

    [SkippableFact]
    public void WithoutANetworkThereIsALoopbackDeviceOnly()
    {
        const string Script = """
            import socket, os
            server = socket.create_server(('127.0.0.1', 0)); client = socket.create_connection(server.getsockname())
            print(sorted(os.listdir('/sys/class/net')), [name for _, name in socket.if_nameindex()])
            try: socket.socket(socket.AF_UNIX).connect('\0iso-host'); print('reached')
            except OSError as e: print(e.errno)
            """;
        using Service service = Start("network: none");
        File.WriteAllText(service.Work + "/net.py", Script);
        using System.Net.Sockets.Socket host = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
        host.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint("\0iso-host"));
        host.Listen();
        Assert.Equal("['lo'] ['lo']\n111", service.Shell.Bash("$A run -- python3 $WORK/net.py").Silent());
        Assert.Contains("\"network\":\"none\"", service.LedgerText(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void TemporaryDirectoriesHoldWhatTheSiteSays()
    {
        using Service service = Start("tmp: 8MiB, shm: 4MiB");
        string[] lines = service.Shell.Bash("""
            $A run -- bash -c 'for d in /tmp /var/tmp /dev/shm; do head -c 16M /dev/zero > $d/x; stat -c %s $d/x; done 2>/dev/null; i=0; rm /tmp/x; while : 2>/dev/null > /tmp/$i; do let i++; done 2>/dev/null; echo $i'
            """).Expect(0).Lines;
        Assert.Equal(["8388608", "8388608", "4194304"], lines[..3]);
        Assert.InRange(int.Parse(lines[3], System.Globalization.CultureInfo.InvariantCulture), 100, 4096);
    }

    [SkippableFact]
    public void ABindIsSeenInATemporaryDirectoryToo()
    {
        string place = Directory.CreateDirectory("/tmp/iso-bind-" + Guid.NewGuid().ToString("N")[..8] + "/software").FullName;
        try
        {
            File.WriteAllText(place + "/release", "v1");
            using Service service = Start("tmp: 8MiB", $"binds: [{place}]");
            Outcome outcome = service.Shell.Bash($"$A run -- bash -c 'cat {place}/release; touch {place}/x; ls -A /tmp | wc -l'");
            Assert.Equal("v11\n", outcome.Output);
            Assert.Contains("Read-only file system", outcome.Errors, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(place)!, recursive: true);
        }
    }

    [SkippableFact]
    public void WhatTheHostMountsAfterTheEntryAppearsWhereItsMountsAreShared()
    {
        using Service service = Start("tmp: 8MiB", "", root =>
        {
            Directory.CreateDirectory(root + "/auto/software");
            Run("mount", "--bind", root + "/auto", root + "/auto");
            Run("mount", "--make-shared", root + "/auto");
        });
        try
        {
            using Client client = service.Shell.StartPayload($"bash -c 'until cat {service.Root}/auto/software/release 2>/dev/null; do sleep 0.1; done; sleep 60'");
            Run("mount", "-t", "tmpfs", "late", service.Root + "/auto/software");
            File.WriteAllText(service.Root + "/auto/software/release", "came later\n");
            Assert.Equal("came later", client.ReadLine());
            Until.True(() => Code("umount", service.Root + "/auto/software") == 0, 5, () => "a room keeps it busy"); // once who reads there is over
            Assert.Empty(Directory.EnumerateFileSystemEntries(service.Root + "/auto/software"));
        }
        finally
        {
            Run("umount", "-l", service.Root + "/auto");
        }
    }

    [SkippableFact]
    public void AReloadChangesTheRoomsThatComeAfterIt()
    {
        using Service service = Start("tmp: 8MiB");
        Assert.Equal("8192", service.Shell.Bash("$A run -- df --output=size -k /tmp | tail -1").Silent());
        File.WriteAllText(service.Root + "/policy.yaml", Policy("tmp: 16MiB", "", service.Root));
        service.Shell.Bash($"{service.Programs}/isolationd policy install {service.Root}/policy.yaml --policy {service.Root}/policy.yaml --state {service.State} --run {service.Run}").Expect(0);
        Assert.Equal("16384", service.Shell.Bash("$A run -- df --output=size -k /tmp | tail -1").Silent());
    }

    private static Service Start(string room, string more = "", Action<string>? prepare = null)
    {
        Site.Require();
        return Service.Start("", root =>
        {
            prepare?.Invoke(root);
            return () => { };
        }, "/opt", root => Policy(room, more, root));
    }

    private static string Policy(string room, string more, string root)
        => Site.Policy.Replace("{ room: classic }", $"{{ room: private, {room} }}", StringComparison.Ordinal).Replace("rules:\n", more + "\nrules:\n", StringComparison.Ordinal)
            .Replace("ROOT", root, StringComparison.Ordinal);

    private static void Run(params string[] command) => Assert.Equal(0, Code(command));

    private static int Code(params string[] command)
    {
        using Process process = Process.Start(command[0], command[1..]);
        process.WaitForExit();
        return process.ExitCode;
    }
}
