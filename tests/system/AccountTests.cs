using System.Globalization;

namespace Isolation.Service.Tests;

/// <summary>Promise: a payload runs as an account of the site's ranges, never the pilot's; two subjects never share one, and one of its own is never lent twice at a time.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class AccountTests(SharedService shared)
{
    [SkippableFact]
    public void TwoSubjectsGetTwoAccounts()
    {
        Shell shell = shared.Get().Shell;
        uint alice = Uid(shell.Bash("$A run --claim /sticky/alice -- id -u")), bob = Uid(shell.Bash("$A run --claim /sticky/bob -- id -u"));
        Assert.NotEqual(alice, bob);
        Assert.True(alice >= Site.FirstStickyUid && bob >= Site.FirstStickyUid);
    }

    [SkippableFact]
    public void TheSameSubjectGetsTheSameAccountWhenItIsPerIdentity()
    {
        Shell shell = shared.Get().Shell;
        uint first = Uid(shell.Bash("$A run --claim /sticky/carol -- id -u"));
        Assert.Equal(first, Uid(shell.Bash("$A run --claim /sticky/carol -- id -u")));
        Assert.Equal(first, Uid(shell.Bash("$B run --claim /sticky/carol -- id -u")));
    }

    [SkippableFact]
    public void TheSameSubjectGetsAFreshAccountWhenItIsPerPayload()
    {
        Shell shell = shared.Get().Shell;
        uint first = Uid(shell.Bash("$A run --claim /each/dave -- id -u")), second = Uid(shell.Bash("$A run --claim /each/dave -- id -u"));
        Assert.NotEqual(first, second);
        Assert.InRange(first, Site.FirstUid, Site.LastUid);
        Assert.InRange(second, Site.FirstUid, Site.LastUid);
    }

    [SkippableFact]
    public void TwoPayloadsAtATimeNeverShareAnAccountOfTheirOwn()
    {
        Shell shell = shared.Get().Shell;
        using Client first = shell.StartPayload("sleep 60", "--claim /each/erin"), second = shell.StartPayload("sleep 60", "--claim /each/erin");
        Assert.NotEqual(first.Uid, second.Uid);
    }

    [SkippableFact]
    public void APilotWithoutAClaimGetsAnAccountToo()
        => Assert.InRange(Uid(shared.Get().Shell.Bash("$A run -- id -u")), Site.FirstUid, Site.LastUid);

    [SkippableFact]
    public void AllIdsAreTheAccountsAndThereIsNoOtherGroup()
    {
        Outcome outcome = shared.Get().Shell.Bash("$A run -- grep -E '^(Uid|Gid|Groups):' /proc/self/status");
        outcome.Silent();
        string[] uid = outcome.Lines[0].Split('\t')[1..], gid = outcome.Lines[1].Split('\t')[1..];
        Assert.Equal(4, uid.Length);
        Assert.Single(uid.Distinct());
        Assert.Single(gid.Distinct());
        Assert.Equal(uid[0], gid[0]);
        Assert.Equal("Groups:", outcome.Lines[2].Trim());
    }

    private static uint Uid(Outcome outcome) => uint.Parse(outcome.Silent(), CultureInfo.InvariantCulture);
}
