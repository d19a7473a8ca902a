using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Promise: what does not end with its client ends at a wall limit, the request's or the policy's; without one, and at log-only, it is refused at once.</summary>
public sealed class DetachTests
{
    private static readonly Limits Hour = new() { Wall = TimeSpan.FromHours(1) };

    [Fact]
    public void Without_a_wall_limit_it_is_refused()
    {
        Decision.Refuse refuse = Assert.IsType<Decision.Refuse>(Asks.Decide(Files.Good, Asks.Of() with { IsDetached = true }));
        Assert.Equal("detach", refuse.Rule);
        Assert.Contains("--limit wall=", refuse.Fix, StringComparison.Ordinal);
        // Also where the level is not ready: nobody is told to run itself what policy refuses.
        Assert.IsType<Decision.Refuse>(Asks.Decide(Files.Good, Asks.Of() with { IsDetached = true }, Asks.Ready(Level.Vm, "x")));
    }

    [Fact]
    public void The_limit_may_be_the_requests_or_the_policys()
    {
        Assert.IsType<Decision.Admit>(Asks.Decide(Files.Good, Asks.Of(limits: Hour) with { IsDetached = true }));
        Assert.IsType<Decision.Admit>(Asks.Decide(Files.With(("match: {}", "match: {}\n    limits: { wall: 1h }")), Asks.Of() with { IsDetached = true }));
        Assert.IsType<Decision.Admit>(Asks.Decide(Files.Good, Asks.Of()));
    }

    [Fact]
    public void At_log_only_its_client_is_its_parent()
    {
        string text = Files.With(("log-only: no", "log-only: allow"), ("accept: [setuid", "accept: [log-only, setuid"));
        Decision.Refuse refuse = Assert.IsType<Decision.Refuse>(
            Asks.Decide(text, Asks.Of(level: Level.LogOnly, limits: Hour) with { IsDetached = true }, Asks.Ready(Level.LogOnly, "forked")));
        Assert.Equal("detach", refuse.Rule);
        Assert.Contains("child", refuse.Why, StringComparison.Ordinal);
    }
}
