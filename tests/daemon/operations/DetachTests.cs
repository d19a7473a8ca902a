using System.Text;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: a detached payload that runs holds nothing of its client's connection, is seen to its end without it, and is told to whoever waits.</summary>
public sealed class DetachTests
{
    private static readonly RunRequest Detached = new() { Command = [Encoding.UTF8.GetBytes("/bin/true")], Detach = true };

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, "pass-rights,peer-pidfd")]
    [InlineData(true, "pass-rights,peer-pidfd")]
    public void ItsConnectionIsFreeOnceItRuns(bool hangsUp, string without)
    {
        using Front front = new(without);
        using ManualResetEventSlim ends = new();
        front.Warden.Before = o =>
        {
            if (o == WardenOperation.Ending)
                ends.Wait(TimeSpan.FromSeconds(10));
        };
        front.Warden.Answer = o => o == WardenOperation.Ending ? FakeWarden.Ended(EndedHow.Exited, 7) : null;
        TestClient client = front.Connect();
        client.Send(Detached);
        EnteredAnswer entered = client.Receive<EnteredAnswer>();
        Assert.True(client.Receive<StartedAnswer>().Payload.Detached);
        Assert.Equal(1, client.Ask<StatusAnswer>(new StatusRequest()).Running);
        if (hangsUp)
            client.Dispose();
        using TestClient waiting = front.Connect();
        waiting.Ask<StartedAnswer>(new WaitRequest(entered.Id, entered.Handle));
        Assert.True(Assert.Single(front.Site.Records.OfType<AdmittedRecord>()).IsDetached);
        ends.Set();
        Assert.Equal(7, waiting.Receive<EndedAnswer>().Ending.Code);
        if (!hangsUp)
            client.Ask<StatusAnswer>(new StatusRequest());
        client.Dispose();
        Assert.True(SpinWait.SpinUntil(() => front.Running.All.Count == 0 && !front.Site.Released.IsEmpty, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void OneThatNeverStartsIsToldSoOnItsConnection()
    {
        using Front front = new();
        front.Warden.Answer = o => o == WardenOperation.Start ? FakeWarden.Done(w => new StartedInRoom(0, "exec", 2).Write(w)) : null;
        using TestClient client = front.Connect();
        client.Send(Detached);
        client.Receive<EnteredAnswer>();
        Assert.Equal("refused", client.Receive<EndedAnswer>().Ending.Kind);
        client.Ask<StatusAnswer>(new StatusRequest());
    }

    [Fact]
    public void WhatItsRequestHoldsCountsUntilItsEnd()
    {
        using Front front = new(caps: ShareCaps.Default with { CommandBytes = 1000 });
        using ManualResetEventSlim ends = new();
        front.Warden.Before = o =>
        {
            if (o == WardenOperation.Ending)
                ends.Wait(TimeSpan.FromSeconds(10));
        };
        RunRequest large = Detached with { Command = [.. Detached.Command, new byte[600].Select(_ => (byte)'x').ToArray()] };
        using (TestClient client = front.Connect())
        {
            client.Send(large);
            client.Receive<EnteredAnswer>();
            client.Receive<StartedAnswer>();
        }

        Thread.Sleep(200); // its connection is over
        using TestClient next = front.Connect();
        Assert.Equal("busy", next.Ask<EndedAnswer>(large).Ending.Kind);
        ends.Set();
        Assert.True(SpinWait.SpinUntil(() => front.Running.All.Count == 0, TimeSpan.FromSeconds(10)));
        Assert.True(SpinWait.SpinUntil(() =>
        {
            next.Send(large);
            return next.Receive() is EnteredAnswer;
        }, TimeSpan.FromSeconds(10)));
        next.Receive<StartedAnswer>();
        Assert.True(SpinWait.SpinUntil(() => front.Running.All.Count == 0, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void WithoutAWordOfThePolicyAUidHasAsManyPayloadsAsConnections()
    {
        PayloadCounts counts = new(new FakeSite());
        for (int i = 0; i < ShareCaps.Default.Connections; i++)
            Assert.True(counts.TryEnter(new UserId(7), out _));
        Assert.False(counts.TryEnter(new UserId(7), out int most));
        Assert.Equal(ShareCaps.Default.Connections, most);
        Assert.True(counts.TryEnter(new UserId(8), out _));
        counts.Leave(new UserId(7));
        Assert.True(counts.TryEnter(new UserId(7), out _));
    }

    [Fact]
    public void FilesThatNobodyWouldFetchAreABadRequest()
    {
        using Front front = new();
        using TestClient client = front.Connect();
        ErrorAnswer error = client.Ask<ErrorAnswer>(Detached with { Exchange = new WireExchange { Out = [Encoding.UTF8.GetBytes("a")] } });
        Assert.Equal(ErrorCodes.BadRequest, error.Code);
        Assert.Contains("fetched", error.Message, StringComparison.Ordinal);
    }
}
