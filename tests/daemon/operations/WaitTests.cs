using System.Text;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: whoever waits for a payload is told its ending, each once, also when it is over already; one that nobody knows is not waited for.</summary>
public sealed class WaitTests
{
    [Fact]
    public void EachThatWaitsIsToldAndWhoComesLateIsToldAtOnce()
    {
        using Front front = new();
        using ManualResetEventSlim ends = new();
        front.Warden.Before = o =>
        {
            if (o == WardenOperation.Ending)
                ends.Wait(TimeSpan.FromSeconds(10));
        };
        front.Warden.Answer = o => o == WardenOperation.Ending ? FakeWarden.Ended(EndedHow.Exited, 7) : null;
        using TestClient client = front.Connect();
        client.Send(new RunRequest { Command = [Encoding.UTF8.GetBytes("/bin/true")] });
        EnteredAnswer entered = client.Receive<EnteredAnswer>();
        client.Receive<StartedAnswer>();
        TestClient[] waiting = [front.Connect(), front.Connect()];
        foreach (TestClient one in waiting)
        {
            WirePayload started = one.Ask<StartedAnswer>(new WaitRequest(entered.Id, entered.Handle)).Payload;
            Assert.Equal((entered.Id, null, "running"), (started.Id, started.Handle, started.State));
        }

        ends.Set();
        foreach (TestClient one in waiting.Append(client))
            Assert.Equal((entered.Id, 7), (one.Receive<EndedAnswer>() is var ended ? ended.Id : "", ended.Ending.Code));
        foreach (TestClient one in waiting)
        {
            Assert.Equal(7, one.Ask<EndedAnswer>(new WaitRequest(entered.Id, entered.Handle)).Ending.Code);
            one.Dispose();
        }

        Assert.Single(front.Site.Records.OfType<EndedRecord>());
    }

    [Fact]
    public void WhoWaitsForOneThatIsAboutToStartIsToldOfItsStart()
    {
        using Front front = new();
        using ManualResetEventSlim starts = new(), ends = new();
        front.Warden.Before = o =>
        {
            if (o is WardenOperation.Start or WardenOperation.Ending)
                (o == WardenOperation.Start ? starts : ends).Wait(TimeSpan.FromSeconds(10));
        };
        front.Warden.Answer = o => o == WardenOperation.Ending ? FakeWarden.Ended(EndedHow.Exited, 7) : null;
        using TestClient client = front.Connect(), waiting = front.Connect();
        client.Send(new RunRequest { Command = [Encoding.UTF8.GetBytes("/bin/true")] });
        EnteredAnswer entered = client.Receive<EnteredAnswer>();
        waiting.Send(new WaitRequest(entered.Id, entered.Handle));
        Thread.Sleep(200);
        starts.Set();
        Assert.Equal(entered.Id, waiting.Receive<StartedAnswer>().Payload.Id);
        ends.Set();
        Assert.Equal(7, waiting.Receive<EndedAnswer>().Ending.Code);
    }

    [Theory]
    [InlineData("0192f0c0-0000-7000-8000-000000000000")]
    [InlineData("no id")]
    [InlineData("")]
    public void OneThatNobodyKnowsIsNotWaitedFor(string id)
    {
        using Front front = new();
        using TestClient client = front.Connect();
        Assert.Equal(ErrorCodes.NoSuchPayload, client.Ask<ErrorAnswer>(new WaitRequest(id, Handle.New().Value)).Code);
        client.Ask<StatusAnswer>(new StatusRequest());
    }
}
