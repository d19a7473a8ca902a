using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Promise: files pass between pilot and payload with the rights of each, following nothing, and what passed is on record; with idmapped mounts.</summary>
public class ExchangeTests : IDisposable
{
    private readonly Service _service;

    public ExchangeTests() : this([]) { }

    private protected ExchangeTests(string[] arguments)
    {
        _service = Service.Prepare(Site.Policy);
        _service.Arguments.AddRange(arguments);
        _service.Launch();
    }

    private protected virtual string Kind => "directory";

    [SkippableFact]
    public void FilesGoInAndComeOutAsThePilotsOwn()
    {
        _service.Shell.Bash("""
            echo hello > "$WORK/in.txt"; head -c 3000000 /dev/urandom > "$WORK/big"; chmod 755 "$WORK/in.txt"; chmod 644 "$WORK/big"
            """).Silent();
        string seen = _service.Shell.Bash("""
            $A run --in in.txt --in big:d/e/big --out out.txt --out d/e/copy:copied -- sh -c 'stat -c "%u %a" in.txt; id -u; cat in.txt in.txt > out.txt; cp d/e/big d/e/copy'
            """).Silent();
        string[] words = seen.Split(['\n', ' ']);
        Assert.Equal(words[2], words[0]);
        Assert.Equal("755", words[1]);
        Assert.Equal($"{Site.PilotA} {Site.PilotA} hello hello", _service.Shell.Bash("cmp big copied && echo $(stat -c '%U' out.txt copied) $(cat out.txt)").Silent());
        string[] ledger = _service.LedgerText().Split('\n');
        JsonElement admitted = Record(ledger, "admitted").GetProperty("exchange"), ended = Record(ledger, "ended").GetProperty("collected");
        Assert.Equal(["in.txt 6", "d/e/big 3000000"], admitted.GetProperty("in").EnumerateArray().Select(f => $"{f.GetProperty("name").GetString()} {f.GetProperty("bytes").GetInt64()}"));
        Assert.Equal([12L, 3000000L], ended.GetProperty("bytes").EnumerateArray().Select(f => f.GetInt64()));
        Assert.Empty(Directory.GetFileSystemEntries(_service.State + "/scratch"));
    }

    [SkippableFact]
    public void WhatAHostilePayloadPlantsIsNotFollowed()
    {
        Outcome outcome = _service.Shell.Bash("""
            $A run --out good --out link --out fifo --out dir --out up/passwd --out sock --out unreadable --out missing --out setid -- sh -c '
                echo fine > good; ln -s /etc/passwd link; mkfifo fifo; mkdir dir; ln -s /etc up; echo x > unreadable; chmod 0 unreadable; echo y > setid; chmod 755 setid
                python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")"'
            """).Expect(251);
        foreach (string name in new[] { "link", "fifo", "dir", "up/passwd", "sock", "missing" })
            Assert.Contains($"--out {name} was not fetched", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal("fine", _service.Shell.Bash("cat good; ls -A | grep -v -e good -e setid -e unreadable || true").Silent());
        Assert.Equal("755", _service.Shell.Bash("stat -c %a setid").Silent());
    }

    [SkippableFact]
    public void AHugeSparseFileTakesNoSpaceAtThePilotsEither()
        => Assert.Equal("1099511627776 ok", _service.Shell.Bash("""
            $A run --out sparse -- truncate -s 1T sparse
            stat -c %s sparse | tr '\n' ' '; [ $(stat -c %b sparse) -lt 100 ] && echo ok
            """).Silent());

    [SkippableFact]
    public void AnOutputReplacesAFileAsAWholeAndNothingElse()
    {
        Outcome outcome = _service.Shell.Bash("""
            mkdir "$WORK/own"; chown isotest-a "$WORK/own"; cd "$WORK/own"
            echo old > kept; echo old > replaced; ln -s kept link; chown isotest-a kept replaced
            $A run --out a:replaced --out b:kept -- sh -c 'echo new > a'; cat replaced kept
            $A run --out a:link -- sh -c 'echo new > a'; cat kept; ls -A
            """);
        Assert.Equal(["new", "old", "old", "kept", "link", "replaced"], outcome.Lines);
        Assert.Contains("link is there and no regular file", outcome.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void WhatAPilotCannotReadItCannotBring()
    {
        Assert.Contains("Permission denied", _service.Shell.Bash("echo secret > s; chmod 600 s; $A run --in s -- cat s").Expect(240).Errors, StringComparison.Ordinal);
        Assert.Contains("no regular file", _service.Shell.Bash("$A run --in /dev/null -- true").Expect(240).Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ThePayloadsOwnEndingIsToldWhereItHasOneToTell()
    {
        Outcome outcome = _service.Shell.Bash("$A run --out log --out other -- sh -c 'echo why > log; exit 3'").Expect(3);
        Assert.Contains("--out other was not fetched", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal("why", _service.Shell.Bash("cat log").Silent());
    }

    [SkippableFact]
    public void WithoutTheExchangeThePilotReachesNothingOfThePayloads()
    {
        using Client client = _service.Shell.StartPayload("sleep 60");
        Assert.NotEqual(0, _service.Shell.Bash($"setpriv --reuid={Site.PilotA} --regid={Site.PilotA} --clear-groups ls {_service.State}/scratch/{client.Id}").Code);
    }

    [SkippableFact]
    public void AClientThatDiesWhileItHasTheExchangeLeavesNothing()
    {
        using Client client = Client.Start(_service, "sh -c 'mkdir -p a/b; echo x > a/b/c; sleep 60'", "--out a/b/c");
        HostProcess.Signal(client.Process.Id, 9);
        Until.True(() => Directory.GetFileSystemEntries(_service.State + "/scratch").Length == 0, 20, () => _service.Log);
        Until.True(() => _service.LedgerText().Contains("\"collected\"", StringComparison.Ordinal), 20, () => _service.Log);
        Assert.Contains("the client was gone", Record(_service.LedgerText().Split('\n'), "ended").GetProperty("collected").GetProperty("skipped").GetString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ALimitOfTheScratchIsNotReadyWhereItCannotBeEnforced()
    {
        Skip.If(Linux.Sys.EnforcesProjectQuota(Linux.Sys.Open(null, _service.State, Linux.Sys.O_RDONLY), out _), "the file system of the state directory enforces project quotas");
        Assert.Contains("project quotas", _service.Shell.Bash("$A run --limit scratch-files=10 -- true").Refused(242), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AnExchangeIsOfTheKindThatThisHostCanDo()
        => Assert.Equal(Kind, _service.Shell.Bash($"{Pilot} /usr/bin/python3 {AppContext.BaseDirectory}/clients/exchange.py").Silent());

    private static string Pilot => $"setpriv --reuid={Site.PilotA} --regid={Site.PilotA} --clear-groups --";

    public void Dispose()
    {
        _service.Dispose();
        GC.SuppressFinalize(this);
    }

    private static JsonElement Record(string[] ledger, string type)
        => JsonDocument.Parse(ledger.Last(l => l.Contains($"\"type\":\"{type}\"", StringComparison.Ordinal))).RootElement;
}

/// <summary>Promise: the same where mounts cannot show one account's files as another's.</summary>
public sealed class ExchangeByCopyTests() : ExchangeTests(["--without-kernel", "idmap"])
{
    private protected override string Kind => "copier";
}
