using System.Globalization;
using System.Text.RegularExpressions;

namespace Isolation.Service.Tests;

/// <summary>Promise: a payload starts from a clean slate: no capability, no way to more privileges, its own ids, session, signals and descriptors, and nothing of the service's.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class PayloadViewTests(SharedService shared)
{
    [SkippableFact]
    public void ItHasNoCapabilityNoNewPrivilegesAndAFilter()
    {
        Outcome outcome = shared.Get().Shell.Bash("$A run -- cat /proc/self/status");
        outcome.Silent();
        Dictionary<string, string> status = outcome.Lines.Select(l => l.Split(':', 2)).ToDictionary(f => f[0], f => f[1].Trim());
        foreach (string set in new[] { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd" })
            Assert.Equal("0000000000000000", status[set]);
        Assert.Equal("1", status["NoNewPrivs"]);
        Assert.Equal("2", status["Seccomp"]);
        Assert.Equal("0", status["TracerPid"]);
    }

    [SkippableFact]
    public void ItSeesItsThreeDescriptorsDefaultSignalsAndItsOwnSession()
    {
        Dictionary<string, long> view = View();
        Assert.Equal(7, view["descriptors"]);
        Assert.Equal(0, view["blocked-signals"]);
        Assert.Equal(0, view["changed-signals"]);
        Assert.Equal(1, view["is-session-leader"]);
        Assert.Equal(1, view["is-group-leader"]);
        Assert.Equal(1, view["set-uid-root"]);
    }

    [SkippableFact]
    public void NoCallMakesASetIdFile()
    {
        Dictionary<string, long> view = View();
        Assert.Equal(0, view["create"]);
        foreach (string call in new[] { "fchmod-setuid", "chmod-setgid", "fchmodat2-setuid", "open-setuid", "open-tmpfile-setuid", "mknod-setuid", "creat-setuid" })
            Assert.True(view[call] == 1, $"{call} answered {view[call]}, not EPERM");
        Assert.Equal(0, view["mode-after"] & 0xc00);
    }

    [SkippableFact]
    public void CallsThatAFilterCannotJudgeAreNotThereAndForeignAbisAreKilled()
    {
        Dictionary<string, long> view = View();
        foreach (string call in new[] { "openat2", "clone3", "io_uring_setup" })
            Assert.True(view[call] == 38, $"{call} answered {view[call]}, not ENOSYS");
        Assert.Equal(31, view["i386-signal"]); // SIGSYS
        Assert.Equal(31, view["x32-signal"]);
    }

    [SkippableFact]
    public void SudoAndSetIdProgramsGainNothing()
    {
        Outcome outcome = shared.Get().Shell.Bash("$A run -- sh -c 'su -c id 2>/dev/null || /usr/bin/passwd -S root 2>&1; grep -c ^NoNewPrivs:.1 /proc/self/status'");
        Assert.EndsWith("1\n", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("uid=0", outcome.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ItsScratchIsItsHomeItsOwnAndGoneAfterwards()
    {
        Outcome outcome = shared.Get().Shell.Bash("$A run -- sh -c 'pwd; echo $HOME; echo $TMPDIR; stat -c \"%u %a\" .; id -u; echo x > file && cat file'");
        outcome.Silent();
        string[] lines = outcome.Lines;
        Assert.Equal(lines[0], lines[1]);
        Assert.Equal(lines[0], lines[2]);
        Assert.Equal(lines[4], lines[3].Split(' ')[0]);
        Assert.Equal("700", lines[3].Split(' ')[1]);
        Assert.Equal("x", lines[5]);
        Assert.False(Directory.Exists(lines[0]));
    }

    [SkippableFact]
    public void ItsScratchIsMountedWithoutSetIdAndDevices()
    {
        string options = shared.Get().Shell.Bash("$A run -- sh -c 'findmnt -no OPTIONS -T .'").Silent();
        Assert.Contains("nosuid", options, StringComparison.Ordinal);
        Assert.Contains("nodev", options, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void TheEnvironmentIsAnAllowListAndTheCallersOwnEntries()
    {
        Outcome outcome = shared.Get().Shell.Bash("export LD_PRELOAD=/nothing SECRET_TOKEN=x SSH_AUTH_SOCK=/y; $A run --env MINE=1 -- env");
        outcome.Expect(0);
        Assert.Contains("MINE=1", outcome.Lines);
        Assert.DoesNotContain(outcome.Lines, l => Regex.IsMatch(l, "^(LD_PRELOAD|SECRET_TOKEN|SSH_AUTH_SOCK|ISOLATION_HANDLE)="));
        Assert.Contains(outcome.Lines, l => l.StartsWith("PATH=", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData("0027")]
    [InlineData("0002")]
    public void ThePilotsUmaskIsCarriedOver(string umask)
        => Assert.Equal(umask, shared.Get().Shell.Bash($"umask {umask}; $A run -- bash -c umask").Silent());

    [SkippableFact]
    public void ItsLeafIsItsOwnAndOutOfItsReach()
    {
        Service service = shared.Get();
        using Client client = service.Shell.StartPayload("sleep 60");
        Assert.EndsWith($"cell-{client.Id}", client.Cgroup, StringComparison.Ordinal);
        Assert.Equal($"{client.Pid}", File.ReadAllText(client.Leaf + "/cgroup.procs").Trim());
        for (string? directory = client.Leaf; directory!.StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal); directory = Path.GetDirectoryName(directory))
            Assert.Equal("0", service.Shell.Bash($"stat -c %u {directory}").Silent());
        foreach (uint uid in new[] { client.Uid, 3001u })
            Assert.NotEqual(0, service.Shell.Bash($"setpriv --reuid={uid} --clear-groups -- sh -c 'echo 0 > {client.Leaf}/cgroup.procs || mkdir {client.Leaf}/sub || rmdir {client.Leaf}' 2>/dev/null").Code);
    }

    [SkippableFact]
    public void TheUsageIsMeasured()
    {
        using Client client = shared.Get().Shell.StartPayload("python3 -c 'x=bytearray(50000000)\nfor i in range(3000000): pass'");
        Assert.Equal(0, client.Wait());
        var usage = client.Find("ended")!.Value.GetProperty("usage");
        Assert.True(usage.GetProperty("wallMicroseconds").GetInt64() > 10_000);
        Assert.True(usage.GetProperty("cpuUserMicroseconds").GetInt64() > 10_000);
        Assert.InRange(usage.GetProperty("memoryPeakBytes").GetInt64(), 50_000_000, 500_000_000);
    }

    [SkippableFact]
    public void TheStatusFileIsThePilotsAloneAndTellsEverything()
    {
        Service service = shared.Get();
        string file = $"{service.Work}/st-{Guid.NewGuid():N}";
        service.Shell.Bash($"$A run --status-file {file} -- true").Silent();
        Assert.Equal("600 isotest-a", service.Shell.Bash($"stat -c '%a %U' {file}").Silent());
        string[] lines = File.ReadAllLines(file);
        Assert.Equal(["entered", "running", "ended"], lines.Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("state").GetString()));
        foreach (string member in new[] { "id", "handle", "pid", "cgroup", "level", "placement", "account", "ending", "usage" })
            Assert.Contains($"\"{member}\":", lines[2], StringComparison.Ordinal);
    }

    private Dictionary<string, long> View()
    {
        Service service = shared.Get();
        string program = $"{service.Work}/view";
        if (!File.Exists(program))
            service.Shell.Bash($"gcc -w -O1 -o {program} {AppContext.BaseDirectory}/payloads/view.c").Expect(0);
        Outcome outcome = service.Shell.Bash($"$A run -- {program} < /dev/null");
        outcome.Silent();
        return outcome.Lines.Select(l => l.Split(' ')).ToDictionary(f => f[0], f => long.Parse(f[1], CultureInfo.InvariantCulture));
    }
}
