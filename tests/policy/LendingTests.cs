using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Promise: a directory is lent where the pilot would, to a private room, and below a root of the site's only; one with credentials where the site lets it.</summary>
public sealed class LendingTests
{
    private static readonly string Private = Files.Good.Replace("room: classic", "room: private", StringComparison.Ordinal) + "\nlend: [/scratch]\n";

    [Theory]
    [InlineData("/scratch/own", true, true)]
    [InlineData("/scratch/own", false, false)]
    [InlineData("/scratch", true, false)]
    [InlineData("/scratchy/own", true, false)]
    [InlineData("/home/pilot", true, false)]
    public void Where(string directory, bool wants, bool lends)
        => Assert.Equal(lends, Admitted(Private, Ask(directory, wants)).Lends);

    [Fact]
    public void A_classic_room_shows_nothing_of_its_pilots()
        => Assert.False(Assert.IsType<Decision.Admit>(Asks.Decide(Files.Good + "\nlend: [/scratch]\n", Ask("/scratch/own", true))).Lends);

    [Fact]
    public void Credentials_are_lent_unless_the_site_forbids_it()
    {
        PayloadRequest request = Ask("/scratch/own", true) with { LendsCredentials = true };
        Assert.True(Admitted(Private, request).Lends);
        Assert.Equal("lend-credentials", Assert.IsType<Decision.Refuse>(Decide(Private + "lend-credentials: no\n", request)).Rule);
        Assert.True(Admitted(Private + "lend-credentials: no\n", request with { LendsCredentials = false }).Lends);
    }

    private static PayloadRequest Ask(string directory, bool wants)
        => Asks.Of() with { WorkingDirectory = ByteString.FromText(directory), LendsDirectory = wants };

    private static Decision Decide(string policy, PayloadRequest request)
        => Files.Snapshot(policy).Decide(request, new Dictionary<Level, Readiness> { [Level.Setuid] = new Readiness.Ready(["classic", "private"]) });

    private static Decision.Admit Admitted(string policy, PayloadRequest request) => Assert.IsType<Decision.Admit>(Decide(policy, request));
}
