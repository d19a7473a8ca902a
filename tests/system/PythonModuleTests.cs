using System.Diagnostics;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: with clients/python/isolation_client.py a pilot in Python has what the protocol has, as a module and as a program, and never takes a
/// failure of the sandbox for one of the payload. The scenarios are those of clients/module.py.
/// </summary>
public sealed class PythonModuleTests(PythonService shared) : IClassFixture<PythonService>
{
    private Shell Shell => shared.Get().Shell;

    [SkippableTheory]
    [InlineData("streams")]
    [InlineData("arguments")]
    public void StreamsAndArgumentsAreWhatThePilotPasses(string scenario) => Scenario(scenario);

    [SkippableFact]
    public void SignalsReachThePayloadAlsoThoseThatCameTooEarly() => Scenario("signals");

    [SkippableFact]
    public void APayloadIsSeenWithItsHandleOnly() => Scenario("look");

    [SkippableTheory]
    [InlineData("one_connection")]
    [InlineData("threads")]
    public void OneConnectionAndManyThreadsRunPayloads(string scenario) => Scenario(scenario);

    [SkippableTheory]
    [InlineData("endings")]
    [InlineData("faults")]
    public void WhatTheSandboxDidIsNotToldAsThePayloads(string scenario) => Scenario(scenario);

    [SkippableFact]
    public void WaitingHasADeadlineAndLettingGoEndsThePayload() => Scenario("waiting");

    [SkippableFact]
    public void ADetachedPayloadIsLeftOnceItRunsAndWaitedForAgain() => Scenario("detach");

    [SkippableFact]
    public void AsAProgramItLeavesAPayloadAndWaitsForOneLikeIsolation()
    {
        Outcome outcome = Shell.Bash("""
            echo question > py-q; chmod a+r py-q
            $A run --detach --limit wall=60s --stdin py-q --stdout py-o --stderr py-o -- sh -c 'trap "exit 7" TERM; read q; echo $q; echo up >&2; while :; do sleep 0.05; done' > py-job || exit 9
            read id handle < py-job
            until grep -q up py-o; do sleep 0.05; done
            $A wait --forward-signals --handle-file py-job $id & first=$!
            $A wait --handle-file py-job $id & second=$!
            sleep 1; kill -TERM $second; wait $second; echo "second $?"
            kill -TERM $first; wait $first; echo "first $?"
            $A wait --handle-file /no/such $id 2> /dev/null; echo "none $?"
            $A run --detach -- true 2> /dev/null; echo "unlimited $?"
            $A run --stdout x -- true 2> /dev/null; echo "misused $?"
            $A run --detach --out x -- true 2> /dev/null; echo "fetching $?"
            cat py-o
            """).Expect(0);
        Assert.Equal(["second 143", "first 7", "none 240", "unlimited 241", "misused 240", "fetching 240", "question", "up"], outcome.Lines);
    }

    [SkippableFact]
    public void AForkedPilotHarmsNoPayloadOfItsParents() => Scenario("forks");

    [SkippableFact]
    public void FilesGoInAndOutAndNothingPlantedIsFollowed() => Scenario("exchange");

    [SkippableFact]
    public void AtLogOnlyThePayloadIsAChildOfThePilots() => Scenario("log_only");

    [SkippableFact]
    public void WhatIsNoServiceIsToldAsSuchAndLeavesNothingOpen()
        => Assert.Equal("", Shell.Bash($"{Python} {PythonService.Directory}/module_fakes.py", seconds: 120).Silent());

    [SkippableFact]
    public void AServiceThatDiesIsWaitedForAndEveryExitCodeArrives()
    {
        using var service = Service.Start(Site.PrivatePolicy, place: "/opt");
        using Process pilot = service.Shell.Start($"{Pilot("restart")} < /dev/null 2>&1");
        Task<string> said = pilot.StandardOutput.ReadToEndAsync();
        Until.True(() => pilot.HasExited || File.Exists(service.Work + "/py-started"), 30, () => "the payloads do not start\n" + service.Log);
        service.StopDaemon(9);
        Until.True(() => pilot.HasExited || File.Exists(service.Work + "/py-signalled"), 30, () => "it is not seen that the service is gone");
        Thread.Sleep(1000);
        service.Launch();
        Assert.True(pilot.WaitForExit(Until.Deadline(40)), "the pilot waits on\n" + service.Log);
        Assert.Equal("", said.Result);
        Assert.Equal(0, pilot.ExitCode);
        Until.True(() => service.Shell.Bash("$ROOT status --json").Output.Contains("\"lent\":0", StringComparison.Ordinal), 10, () => service.Log);
    }

    [SkippableTheory]
    [InlineData("run --bogus x -- true", 240)]
    [InlineData("run --limit wall=never --tag x -- true", 240)]
    [InlineData("run --limit memory=1 -- true", 240)]
    [InlineData("run --status-file /etc/hostname -- true", 240)]
    [InlineData("run --in /no/such --out /proc/x -- true", 240)]
    [InlineData("run", 240)]
    [InlineData("no-such-verb", 240)]
    [InlineData("run --level container -- true", 241)]
    [InlineData("kill 019aa3c1-5d00-7000-8000-000000000001", 241)]
    [InlineData("wait 01ffffff-ff00-7000-8000-000000000001", 241)] // of an earlier one the service cannot say that it never was
    [InlineData("run --socket /no/such/socket -- true", 242)]
    [InlineData("status --socket /no/such/socket", 242)]
    [InlineData("run --limit wall=1s500ms --limit cpus=1.5 --limit files=64 -- sleep 60", 247)]
    [InlineData("run --out none -- true", 251)]
    [InlineData("run -- sh -c 'exit 255'", 255)]
    [InlineData("run sh -c 'exit 7' -- --level", 7)]
    public void AsAProgramItHasTheExitCodesOfIsolation(string arguments, int code)
    {
        Outcome outcome = Shell.Bash($"$A {arguments}").Expect(code);
        Assert.Equal(code is >= 240 and < 252, outcome.Errors.StartsWith("isolation: ", StringComparison.Ordinal));
        Assert.Equal("", outcome.Output);
    }

    [SkippableFact]
    public void EveryFaultOfACommandLineIsTold()
        => Assert.Equal(3, Shell.Bash("$A run --limit wall=never --limit cores=2 --env x -- true").Expect(240).Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

    [SkippableTheory]
    [InlineData("<&-", "1 2")]
    [InlineData(">&-", "0 2")]
    [InlineData("<&- >&- 2>&-", "")]
    public void AClosedStreamIsClosedForThePayload(string redirection, string open)
    {
        string report = $"{shared.Get().Work}/fds-{Guid.NewGuid():N}";
        Shell.Bash($"touch {report}; chmod 666 {report}; $A run -- sh -c 'o=; for f in 0 1 2; do [ -e /proc/$$/fd/$f ] && o=\"$o $f\"; done; echo $o > {report}' {redirection}").Expect(0);
        Assert.Equal(open, File.ReadAllText(report).Trim());
    }

    [SkippableFact]
    public void AReaderSeesTheEndWhenThePayloadClosesItsStream()
        => Assert.Equal(["x", "it goes on"], Shell.Bash("mkfifo py-fifo; $A run -- sh -c 'echo x; exec >&-; sleep 60' > py-fifo & cat py-fifo; kill -0 $! && echo it goes on; kill -9 $!").Lines);

    [SkippableFact]
    public void ABinaryPipelineIsIntact()
    {
        byte[] data = new byte[8 << 20];
        new Random(7).NextBytes(data);
        Outcome outcome = Shell.Bash("$A run -- cat | $A run --claim /each/other -- cat", data).Expect(0);
        Assert.Equal("", outcome.Errors);
        Assert.True(data.AsSpan().SequenceEqual(outcome.Bytes));
    }

    [SkippableFact]
    public void FilesAreNamedOnTheCommandLineAsForIsolation()
    {
        Assert.Equal("", Shell.Bash("echo hello > py-in; $A run --in py-in --in py-in:d/e/again --out py-out --out d/e/copy:py-copied -- sh -c 'cat py-in d/e/again > py-out; cp py-in d/e/copy'").Silent());
        Assert.Equal($"{Site.PilotA} {Site.PilotA} hello hello hello", Shell.Bash("echo $(stat -c %U py-out py-copied) $(cat py-out py-copied)").Silent());
        Assert.Contains("--out none was not fetched", Shell.Bash("$A run --out none -- sh -c 'exit 3'").Expect(3).Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void TheStatusFileTellsWhatThatOfIsolationTells()
    {
        string isolation = $"setpriv --reuid={Site.PilotA} --regid={Site.PilotA} --clear-groups -- {shared.Get().Programs}/isolation";
        string[] members = [.. new[] { "$A", isolation }.Select(client => string.Join(' ', Lines($"{client} run --claim /CN=Py --tag a=b --env X=1 --status-file $WORK/py-status -- true").Select(
            line => string.Join(',', line.EnumerateObject().Select(m => m.Name)))))];
        Assert.Equal(members[1], members[0]);
        Assert.Equal("600", Shell.Bash("rm -f $WORK/py-status; $A run --status-file $WORK/py-status -- true; stat -c %a $WORK/py-status").Silent());
    }

    [SkippableFact]
    public void TheListsAreThoseOfIsolation()
    {
        using Client client = Shell.StartPayload("sleep 60");
        foreach (string request in new[] { $"ps --handle {client.Handle}", $"show {client.Id} --handle {new string('0', 32)},{client.Handle}" })
        {
            using JsonDocument ours = JsonDocument.Parse(Shell.Bash($"$A {request}").Silent());
            Assert.Equal(client.Pid, ours.RootElement.GetProperty("pid").GetInt32());
        }

        Assert.Equal("TEST", JsonDocument.Parse(Shell.Bash("$A status").Silent()).RootElement.GetProperty("site").GetString());
        Assert.Equal("", Shell.Bash($"ISOLATION_HANDLE={client.Handle} $A kill {client.Id} --signal SIGINT").Silent());
        Assert.Equal(130, client.Wait());
    }

    [SkippableTheory]
    [InlineData("echo 'pilot-may-run: yes' > $F", 243)]
    [InlineData("echo 'pilot-may-run: no' > $F", 242)]
    [InlineData("echo 'pilot-may-run: yes' > $F; chmod 664 $F", 242)]
    [InlineData("echo 'pilot-may-run: yes' > $F; chown isotest-a $F", 242)]
    [InlineData("echo 'pilot-may-run: yes' > $F.real; ln -s $F.real $F", 242)]
    [InlineData("mkfifo $F", 242)]
    [InlineData("echo 'pilot-may-run: perhaps' > $F", 242)]
    public void WhatTheSiteAnsweredBeforehandCountsWhereItIsRoots(string prepare, int code)
        => Assert.Contains("Fix: ", Shell.Bash($"D=$WORK/{Guid.NewGuid():N}; mkdir $D; F=$D/unanswered; {prepare}; $A run --socket $D/isolation.sock -- true").Refused(code), StringComparison.Ordinal);

    private static string Python => $"setpriv --reuid={Site.PilotA} --regid={Site.PilotA} --clear-groups -- /usr/bin/python3";

    /// <summary>What a pilot runs for a scenario.</summary>
    internal static string Pilot(string scenario) => $"{Python} {PythonService.Directory}/module.py {scenario}";

    private void Scenario(string scenario) => Assert.Equal("", Shell.Bash(Pilot(scenario)).Silent());

    private JsonElement[] Lines(string command)
        => [.. Shell.Bash($"rm -f $WORK/py-status; {command}; cat $WORK/py-status").Expect(0).Lines.Select(line => JsonDocument.Parse(line).RootElement)];
}

/// <summary>Promise: the same in private rooms, with what is lent to them.</summary>
public sealed class PythonModulePrivateRoomTests(PythonPrivateService shared) : IClassFixture<PythonPrivateService>
{
    [SkippableTheory]
    [InlineData("streams")]
    [InlineData("signals")]
    [InlineData("endings")]
    [InlineData("exchange")]
    public void ItIsTheSame(string scenario) => Assert.Equal("", shared.Get().Shell.Bash(PythonModuleTests.Pilot(scenario)).Silent());

    [SkippableFact]
    public void ADirectoryIsLentThatHoldsNoCredential()
    {
        string lend = shared.Get().Root + "/lend/own";
        Assert.Equal("", shared.Get().Shell.Bash($"mkdir -p {lend}; echo lent > {lend}/f; chown -R isotest-a: {lend}; export LEND={lend}; {PythonModuleTests.Pilot("lend")}").Silent());
    }
}

/// <summary>Promise: the same where files are copied by a process with the payload's rights.</summary>
public sealed class PythonModuleExchangeByCopyTests
{
    [SkippableFact]
    public void FilesGoInAndOutAndNothingPlantedIsFollowed()
    {
        using var service = Service.Start(Site.Policy, arguments: ["--without-kernel", "idmap"]);
        Assert.Equal("", service.Shell.Bash(PythonModuleTests.Pilot("exchange")).Silent());
    }
}
