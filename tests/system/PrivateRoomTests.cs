using System.Globalization;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: in a private room a payload sees its own processes, mounts and IPC only, and the host's tree read-only; nothing of the service's,
/// its pilot's or another room's is in its reach, and nothing of it is left.
/// </summary>
[Collection(PrivateServiceTests.Name)]
public class PrivateRoomTests(PrivateService shared)
{
    /// <summary>What is in the room in the place of the service's run directory.</summary>
    private protected virtual string[] Places => ["etc", "lent", "scratch"];

    [SkippableFact]
    public void ItSeesItsOwnProcessesOnly()
    {
        using Client other = shared.Get().Shell.StartPayload("sleep 60");
        string[] numbers = shared.Get().Shell.Bash("$A run -- bash -c 'sleep 30 & ls /proc | grep ^[0-9]; ps -eo user= | sort -u'").Expect(0).Lines;
        Assert.All(numbers[..^1], number => Assert.InRange(int.Parse(number, CultureInfo.InvariantCulture), 2, 100));
        Assert.StartsWith("p2100", numbers[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("1", numbers);
    }

    [SkippableFact]
    public void ItsTemporaryDirectoriesAreItsOwnSizedAndEmpty()
    {
        Service service = shared.Get();
        using TemporaryFile planted = new("/tmp/iso-planted-" + Guid.NewGuid().ToString("N")[..8]);
        Outcome outcome = service.Shell.Bash("""
            $A run -- bash -c 'for d in /tmp /var/tmp /dev/shm; do ls -A $d | wc -l; echo x > $d/mine && stat -fc %T $d; findmnt -no OPTIONS $d; done; df --output=size -k /tmp | tail -1'
            """);
        string[] lines = outcome.Silent().Split('\n');
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("0", lines[i * 3]);
            Assert.Equal("tmpfs", lines[(i * 3) + 1]);
            Assert.Contains("nosuid,nodev", lines[(i * 3) + 2], StringComparison.Ordinal);
        }

        Assert.Equal(4 << 20, int.Parse(lines[9], CultureInfo.InvariantCulture));
        Assert.False(File.Exists("/tmp/mine") || File.Exists("/var/tmp/mine") || File.Exists("/dev/shm/mine"));
    }

    [SkippableFact]
    public void TheHostsTreeIsReadOnlyAlsoWhereItsAccountMayWrite()
    {
        Service service = shared.Get();
        Outcome outcome = service.Shell.Bash("$A run -- bash -c 'touch $0/x /run/lock/x /etc/x /usr/x; echo $?' \"$WORK\"");
        Assert.Equal("1\n", outcome.Output);
        Assert.Equal(4, outcome.Errors.Split('\n').Count(line => line.Contains("Read-only file system", StringComparison.Ordinal)));
        Assert.False(File.Exists(service.Work + "/x"));
    }

    [SkippableFact]
    public void ItHasNoCapabilityAndEachOfItsThreadsAFilter()
    {
        const string Script = """
            import os, threading
            ready = threading.Barrier(5)
            done = threading.Event()
            def wait(): ready.wait(); done.wait()
            for _ in range(4): threading.Thread(target=wait).start()
            ready.wait()
            for task in os.listdir('/proc/self/task'):
                fields = dict(line.split(':', 1) for line in open(f'/proc/self/task/{task}/status'))
                print(*(fields[f].strip() for f in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp')))
            done.set()
            print(os.getgroups(), sorted(set(os.listdir('/proc/self/fd')) - {'3'}))
            """;
        Service service = shared.Get();
        File.WriteAllText(service.Work + "/threads.py", Script);
        string[] lines = service.Shell.Bash("$A run -- python3 $WORK/threads.py < /dev/null").Silent().Split('\n');
        Assert.Equal(6, lines.Length);
        Assert.All(lines[..5], line => Assert.Equal("0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 1 2", line));
        Assert.Equal("[] ['0', '1', '2']", lines[5]);
    }

    [SkippableFact]
    public void ItsAccountHasANameWhoseHomeIsItsScratch()
    {
        string[] lines = shared.Get().Shell.Bash("""
            $A run -- bash -c 'whoami; id -un; id -gn; getent passwd $(id -u) | cut -d: -f6; python3 -c "import getpass, os; print(getpass.getuser(), os.path.expanduser(\"~\"))"; pwd; grep -c ^root: /etc/passwd'
            """).Silent().Split('\n');
        Assert.StartsWith("p2100", lines[0], StringComparison.Ordinal);
        Assert.All(lines[..3], name => Assert.Equal(lines[0], name));
        Assert.Equal(shared.Get().Run + "/scratch", lines[3]);
        Assert.Equal($"{lines[0]} {lines[3]}", lines[4]);
        Assert.Equal(lines[3], lines[5]);
        Assert.Equal("1", lines[6]);
    }

    [SkippableFact]
    public void NothingOfTheServiceIsThere()
    {
        Service service = shared.Get();
        using Client other = service.Shell.StartPayload("sleep 60");
        string[] lines = service.Shell.Bash($$"""
            $A run -- bash -c 'ls -A {{service.Run}}; echo --; ls -A {{service.State}}; echo --; ls -A /sys/fs/cgroup; echo --; ls {{service.State}}/scratch/{{other.Id}} 2>&1; cat /proc/self/mountinfo | grep -c -e rooms -e {{other.Id}}'
            """).Expect(1).Lines;
        Assert.Equal([.. Places, "--", "--", "--", $"ls: cannot access '{service.State}/scratch/{other.Id}': No such file or directory", "0"], lines);
    }

    [SkippableFact]
    public void ItsResidentIsOutOfReach()
    {
        Outcome outcome = shared.Get().Shell.Bash("""
            $A run -- bash -c 'kill -0 1; kill -STOP 1; cat /proc/1/maps /proc/1/environ; ls /proc/1/fd; readlink /proc/1/exe; gdb --version > /dev/null; echo done'
            """);
        Assert.Equal("done\n", outcome.Output);
        Assert.Equal(2, outcome.Errors.Split('\n').Count(line => line.Contains("Operation not permitted", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public void IpcObjectsAreItsOwn()
    {
        string made = shared.Get().Shell.Bash("ipcmk -M 4096 -p 0666").Silent().Split(' ')[^1];
        try
        {
            string[] lines = shared.Get().Shell.Bash("$A run -- bash -c 'ipcs -m | grep -c ^0x; ipcmk -M 4096 > /dev/null; ipcs -m | grep -c ^0x'").Expect(0).Lines;
            Assert.Equal(["0", "1"], lines);
        }
        finally
        {
            shared.Get().Shell.Bash($"ipcrm -m {made}").Silent();
        }

        Assert.DoesNotContain(File.ReadAllLines("/proc/sysvipc/shm").Skip(1), line => line.Contains(" 2100", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void WhatItLeavesInTheBackgroundIsGoneAndProvenSo()
    {
        Service service = shared.Get();
        string sleep = $"sleep 1000.{Environment.ProcessId}"; // nobody else's
        service.Shell.Bash($"$A run --status-file $WORK/ended -- bash -c 'for i in 1 2 3; do setsid -f bash -c \"trap : TERM HUP INT; {sleep}\"; done; echo up; exit 7'").Expect(7);
        string id = JsonDocument.Parse(File.ReadAllLines(service.Work + "/ended")[^1]).RootElement.GetProperty("id").GetString()!;
        string record = service.LedgerText().Split('\n').Single(line => line.Contains("\"type\":\"ended\"", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal));
        JsonElement residue = JsonDocument.Parse(record).RootElement.GetProperty("residue");
        Assert.Equal("cgroup, pid namespace", residue.GetProperty("processes").GetProperty("proven").GetString());
        foreach (string kind in new[] { "processes", "cgroups", "ipc", "files", "scratch" })
            Assert.True(residue.GetProperty(kind).TryGetProperty("proven", out _), record);
        Assert.DoesNotContain(HostProcess.All(), p => p.CommandLine.Contains(sleep, StringComparison.Ordinal));
    }

    [SkippableFact]
    public void ItsNumberOnTheHostIsTold()
    {
        using Client client = shared.Get().Shell.StartPayload("sleep 61");
        Assert.Equal("sleep\061\0", File.ReadAllText($"/proc/{client.Pid}/cmdline"));
        Assert.Equal($"{client.Pid}", File.ReadAllText(client.Leaf + "/cgroup.procs").Trim());
    }

    [SkippableFact]
    public void ADeadResidentTakesEverythingAlong()
    {
        Service service = shared.Get();
        using Client client = service.Shell.StartPayload("bash -c 'sleep 998 & sleep 999'");
        HostProcess.Signal(client.CellInit, 9);
        Assert.NotEqual(0, client.Wait());
        Assert.DoesNotContain(HostProcess.All(), p => p.CommandLine.Contains("sleep 99", StringComparison.Ordinal));
        Assert.True(Until.Try(() => !Directory.Exists(client.Leaf), 10));
    }

    [SkippableFact]
    public void NamespacesAndMountsAreRefusedWherePolicyDoesNotAllowThem()
    {
        Outcome outcome = shared.Get().Shell.Bash("$A run -- bash -c 'unshare -U true; unshare -m true; mount -t tmpfs x /tmp; nsenter -t 1 -m true; chroot / true; echo done'");
        Assert.Equal("done\n", outcome.Output);
        // mount says in a second line where more may be found.
        Assert.Equal(
            ["unshare", "unshare", "mount", "nsenter", "chroot"],
            outcome.Errors.Split('\n').Where(l => l.Length > 0 && !l.Contains("dmesg(1)", StringComparison.Ordinal)).Select(l => l.Split(':')[0]));
    }

    private sealed class TemporaryFile : IDisposable
    {
        private readonly string _path;

        internal TemporaryFile(string path) => File.WriteAllText(_path = path, "");

        public void Dispose() => File.Delete(_path);
    }
}

/// <summary>Promise: the same with no more of the kernel than EL9 has.</summary>
public sealed class PrivateRoomOnEl9Tests(El9PrivateService shared) : PrivateRoomTests(shared), IClassFixture<El9PrivateService>
{
    private readonly El9PrivateService _service = shared;

    [SkippableFact]
    public void TheServiceDoesWithoutWhatEl9HasNot()
    {
        using Client client = _service.Get().Shell.StartPayload("sleep 60");
        Assert.Contains("the kernel lacks SO_PEERPIDFD", _service.Get().Log, StringComparison.Ordinal);
        client.Signal(15);
        client.Wait();
        Assert.StartsWith(
            "no counter here: ", client.Find("ended")!.Value.GetProperty("usage").GetProperty("notAvailable").GetProperty("processesPeak").GetString(), StringComparison.Ordinal);
    }
}
