namespace Isolation.Probes.Tests;

/// <summary>Promise: <c>isolation separation</c> says what is wrong with its line, runs as no root, and tells when there is no service.</summary>
[Collection(ClassicRunTests.Name)]
public sealed class CommandTests(ClassicRun run)
{
    [SkippableTheory]
    [InlineData("--level none --as isotest-a", "there is no level")]
    [InlineData("--probe Z9 --as isotest-a", "there is no probe Z9")]
    [InlineData("--what --as isotest-a", "there is no option --what")]
    [InlineData("--level", "--level lacks its value")]
    [InlineData("", "root is no pilot")]
    [InlineData("--no-self-test --as root", "it is root's")]
    public void AFaultOfTheLineIs240(string line, string told)
        => Assert.Contains(told, run.Service.Shell.Bash($"{run.Command} separation {line}").Expect(240).Errors, StringComparison.Ordinal);

    [SkippableFact]
    public void WithoutAServiceIs242()
        => Assert.Contains("nothing could be tried", run.Service.Shell.Bash($"{run.Command} separation --as isotest-a --no-self-test --probe A1 --socket /nonexistent").Expect(242).Output, StringComparison.Ordinal);

    [SkippableFact]
    public void ASelfTestNeedsNoService()
    {
        Assert.Contains("self-test: 2 of 2 green", run.Service.Shell.Bash($"{run.Command} separation --self-test --probe A1,B5 --socket /nonexistent").Expect(0).Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void TheSocketThatIsNamedIsThatOfEveryProbesClients()
        => Assert.Contains("D7     held", run.Service.Shell.Bash($"env -u ISOLATION_SOCKET {run.Command} separation --as isotest-a --no-self-test --probe D7 --socket {run.Service.Socket}").Expect(0).Output, StringComparison.Ordinal);

    [SkippableFact]
    public void APilotRunsItWithoutRoot()
    {
        string run1 = $"setpriv --reuid=isotest-b --regid=isotest-b --clear-groups -- {run.Command} separation --no-self-test --probe A1,B3,C8,F7";
        Assert.Contains("setuid classic: 4 held", run.Service.Shell.Bash(run1).Expect(0).Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void WhatNeedsRootIsNotApplicableToAPilotAndTheRestIsTried()
    {
        string run1 = $"setpriv --reuid=isotest-b --regid=isotest-b --clear-groups -- {run.Command} separation --no-self-test --probe C10,E3,E14,G4,G5,G6,G9,G12";
        Assert.Contains("setuid classic: 4 held, 4 not applicable", run.Service.Shell.Bash(run1).Expect(0).Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ARoomThatPolicyDoesNotGiveIsNotCalledByItsName()
        => Assert.Contains("policy gives rooms of the kind classic, not private",
            run.Service.Shell.Bash($"{run.Command} separation --as isotest-a --level private --no-self-test --probe A1").Expect(242).Output, StringComparison.Ordinal);
}
