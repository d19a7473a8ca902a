using System.Text;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: a client that is slow, silent or gone, or that sends large requests, holds up none that comes after it; where too many wait, they are told so at once, with when to come again.</summary>
public sealed class RunTurnTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TurnBounds One = new(AtOnce: 1, WaitingOfPilot: 1, WaitingOfUid: 1, TimeSpan.FromMinutes(1));
    private static readonly RunRequest True = new() { Command = [Encoding.UTF8.GetBytes("/bin/true")] };

    [Fact]
    public void AClientThatNeverSendsItsStreamsHasNoTurn()
    {
        using Front front = new(turns: One);
        front.Warden.Answer = o => o == WardenOperation.Resolve ? [] : null;
        using TestClient silent = front.Connect(), next = front.Connect();
        silent.Send(True);
        silent.Receive<EnteredAnswer>();
        front.Warden.Answer = static _ => null;
        Run(next);
    }

    [Fact]
    public void WhileOneIsSetUpAnotherWaitsAThirdIsBusyAndWhoGoesLeavesItsPlace()
    {
        using Front front = new(turns: One);
        front.Warden.Answer = o => o == WardenOperation.Build ? [] : null; // it builds and builds
        using TestClient builds = front.Connect(), third = front.Connect();
        builds.Send(True);
        Assert.True(SpinWait.SpinUntil(() => front.Warden.Asked.Contains(WardenOperation.Build), Patience));
        using (TestClient waits = front.Connect())
        {
            waits.Send(True);
            Assert.True(SpinWait.SpinUntil(() => front.Turns.Waiting == 1, Patience));
            Assert.Equal(1, third.Ask<StatusAnswer>(new StatusRequest()).Waiting);
            WireEnding busy = third.Ask<EndedAnswer>(True).Ending;
            Assert.Equal("busy", busy.Kind);
            Assert.InRange(busy.RetryAfterMilliseconds ?? 0, 1000, 60_000);
            Assert.Equal("queue-full", Assert.Single(front.Site.Records.OfType<NotAdmitted>()).Cause);
        }

        Assert.True(SpinWait.SpinUntil(() => front.Turns.Waiting == 0, Patience));
        Assert.Equal(0, third.Ask<StatusAnswer>(new StatusRequest()).Waiting);
        third.Send(True); // may line up now
        Assert.True(SpinWait.SpinUntil(() => front.Turns.Waiting == 1, Patience));
        Assert.Single(front.Warden.Asked, o => o == WardenOperation.Build);

        // A client that goes gives its turn back only when the warden has done with it.
        builds.Dispose();
        Assert.False(SpinWait.SpinUntil(() => front.Turns.Waiting == 0, TimeSpan.FromMilliseconds(300)));
        front.Warden.Answer = static _ => null;
        front.Warden.Break();
        Assert.True(SpinWait.SpinUntil(() => front.Turns.Waiting == 0, Patience));
    }

    [Fact]
    public void ArgumentsAndEnvironmentsOfAUidAreBoundedAndGivenBack()
    {
        using Front front = new(caps: ShareCaps.Default with { CommandBytes = 1 << 20 });
        front.Warden.Answer = o => o == WardenOperation.Resolve ? [] : null;
        RunRequest large = True with { Command = [.. Enumerable.Repeat(new byte[100_000], 6).Select(a => { Array.Fill(a, (byte)'a'); return a; })] };
        using TestClient second = front.Connect();
        using (TestClient first = front.Connect())
        {
            first.Send(large);
            first.Receive<EnteredAnswer>();
            WireEnding busy = second.Ask<EndedAnswer>(large).Ending;
            Assert.Equal("busy", busy.Kind);
            Assert.Contains("1 MiB", busy.Why, StringComparison.Ordinal);
            Assert.Equal("command-bytes", Assert.Single(front.Site.Records.OfType<NotAdmitted>()).Cause);
            front.Warden.Answer = static _ => null;
            Run(second);
        }

        Assert.True(SpinWait.SpinUntil(() => front.Running.All.Count == 0, Patience));
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                second.Send(large);
                if (second.Receive() is not EnteredAnswer)
                    return false;
                second.Receive<StartedAnswer>();
                second.Receive<EndedAnswer>();
                return true;
            }, Patience));
    }

    private static void Run(TestClient client)
    {
        client.Send(True);
        client.Receive<EnteredAnswer>();
        client.Receive<StartedAnswer>();
        Assert.Equal("exited", client.Receive<EndedAnswer>().Ending.Kind);
    }
}
