namespace Isolation.Service.Tests;

/// <summary>Promise: what may not or cannot be run is refused before anything is started, with rule and fix, and recorded; nobody learns of a payload that is not theirs.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class RefusalTests(SharedService shared)
{
    [SkippableTheory]
    [InlineData("no-such-command-anywhere")]
    [InlineData("/no/such/command")]
    [InlineData("/etc/passwd")]
    [InlineData("/etc")]
    [InlineData("/usr/share/doc")]
    public void ACommandThatThePayloadCannotExecuteIsRefused(string command)
    {
        Outcome outcome = shared.Get().Shell.Bash($"$A run -- {command}");
        outcome.Refused(241);
    }

    [SkippableFact]
    public void AScriptWithoutItsInterpreterIsRefusedAndNotTakenForThePayloadsFailure()
    {
        Outcome outcome = shared.Get().Shell.Bash("printf '#!/no/such/interpreter\\n' > $WORK/bad.sh; chmod 755 $WORK/bad.sh; $A run -- $WORK/bad.sh");
        outcome.Refused(241);
    }

    [SkippableTheory]
    [InlineData("/proc/1/fd")]
    [InlineData("/no/such/directory")]
    [InlineData("/etc/passwd")]
    public void AWorkingDirectoryThatThePayloadCannotEnterIsRefused(string directory)
        => shared.Get().Shell.Bash($"$A run --workdir {directory} -- true").Refused(241);

    [SkippableFact]
    public void AWorkingDirectoryThatItCanEnterIsEntered()
        => Assert.Equal("/usr/share", shared.Get().Shell.Bash("$A run --workdir /usr/share -- pwd").Silent());

    [SkippableFact]
    public void WhoIsNoPilotIsRefusedAndRecorded()
    {
        Service service = shared.Get();
        string line = service.Shell.Bash("$X run -- touch $WORK/must-not-be").Refused(241);
        Assert.Contains("pilot", line, StringComparison.Ordinal);
        Assert.False(File.Exists(service.Work + "/must-not-be"));
        Until.True(() => service.LedgerText().Contains("refus", StringComparison.Ordinal), 5, () => "the refusal is not in the ledger:\n" + service.LedgerText());
    }

    [SkippableTheory]
    [InlineData("--level seduit")]
    [InlineData("--level ''")]
    [InlineData("--limit wall=0s")]
    [InlineData("--limit wall=99999d")]
    [InlineData("--limit memory=1")]
    [InlineData("--limit memory=9000000TiB")]
    [InlineData("--limit pids=4194305")]
    [InlineData("--limit cpus=0")]
    [InlineData("--limit cpus=8192.001")]
    [InlineData("--limit io-weight=10001")]
    public void WhatIsOutOfBoundsIsRefused(string option)
        => Assert.Contains(shared.Get().Shell.Bash($"$A run {option} -- true").Code, new[] { 240, 241 });

    [SkippableTheory]
    [InlineData("--level container")]
    [InlineData("--level vm")]
    [InlineData("--level log-only")]
    public void ALevelThatPolicyDoesNotAcceptIsRefused(string option) => shared.Get().Shell.Bash($"$A run {option} -- true").Refused(241);

    [SkippableTheory]
    [InlineData("--limit scratch=1GiB")]
    public void ALimitThatCannotBeEnforcedYetIsNotReadyAndNeverIgnored(string option)
        => Assert.Contains(shared.Get().Shell.Bash($"$A run {option} -- true").Code, new[] { 241, 242 });

    [SkippableFact]
    public void AWrongOrMissingHandleShowsNoPayload()
    {
        Shell shell = shared.Get().Shell;
        using Client client = shell.StartPayload("sleep 60");
        string missing = shell.Bash($"$A show {client.Id}").Errors, wrong = shell.Bash($"$A show {client.Id} --handle 0123456789abcdef0123456789abcdef").Errors;
        string nobody = shell.Bash("$A show 0189d1a2-b3c4-7def-8abc-0123456789ab --handle 0123456789abcdef0123456789abcdef").Errors;
        foreach (string answer in new[] { missing, wrong, nobody })
            Assert.Contains("no such payload", answer.Replace('-', ' '), StringComparison.Ordinal);
        Assert.NotEqual(0, shell.Bash($"$B kill {client.Id} --handle {client.Handle}").Code);
        Assert.NotEqual(0, shell.Bash($"$A kill {client.Id}").Code);
        Assert.True(HostProcess.IsAlive(client.Pid));
        Assert.Contains(client.Id, shell.Bash($"$A show {client.Id} --handle {client.Handle}").Expect(0).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(client.Id, shell.Bash("$B ps").Output, StringComparison.Ordinal);
        Assert.DoesNotContain(client.Id, shell.Bash("$A ps").Output, StringComparison.Ordinal);
        Assert.Contains(client.Id, shell.Bash($"$A ps --handle {client.Handle}").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains(client.Id, shell.Bash("$ROOT ps").Expect(0).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(client.Handle, shell.Bash("$ROOT ps --json; $ROOT trace --json").Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void APilotIsNoOperator()
    {
        Shell shell = shared.Get().Shell;
        shell.Bash("$A trace").Refused(241);
        shell.Bash("$A policy reload").Refused(241);
        shell.Bash("$A policy explain --uid 0 -- true").Refused(241);
    }

    [SkippableFact]
    public void APeerInsideACellGetsNothing()
    {
        Service service = shared.Get();
        foreach (string verb in new[] { "run -- true", "ps", "status" })
        {
            Outcome outcome = service.Shell.Bash($"$A run -- {service.Programs}/isolation --socket {service.Socket} {verb}");
            outcome.Refused(241);
        }
    }

    [SkippableFact]
    public void AClaimFromAPilotWithoutTrustIsRefused()
    {
        using Service own = Service.Start(Site.Policy.Replace("    claims: trusted\n", "", StringComparison.Ordinal));
        own.Shell.Bash("$A run --claim /each/x -- true").Refused(241);
        own.Shell.Bash("$A run -- true").Silent();
    }
}
