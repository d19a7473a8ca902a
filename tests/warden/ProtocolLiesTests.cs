using System.Net;
using System.Net.Sockets;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>A message that is not in the table ends its connection and nothing else; a connection can cost the warden only what is counted.</summary>
public sealed class ProtocolLiesTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(21)]
    [InlineData(128)]
    [InlineData(255)]
    public async Task Operations_that_do_not_exist(byte operation)
    {
        NeedsRoot();
        await Assert.ThrowsAsync<EndOfStreamException>(() => Front.AskAsync((WardenOperation)operation));
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(WardenProtocol.MaxMessage + 1)]
    [InlineData(150_000)]
    public async Task Messages_too_short_or_too_long(int length)
    {
        NeedsRoot();
        byte[] message = new byte[length];
        message[0] = (byte)WardenOperation.List;
        Front.SendRaw(message);
        await Front.Closed.WaitAsync(Proc.Deadline(5));
    }

    [SkippableTheory]
    [InlineData(WardenOperation.Resolve)]
    [InlineData(WardenOperation.Start)]
    [InlineData(WardenOperation.Signal)]
    [InlineData(WardenOperation.Ending)]
    [InlineData(WardenOperation.Destroy)]
    [InlineData(WardenOperation.Forget)]
    [InlineData(WardenOperation.Probe)]
    public async Task Bodies_too_short(WardenOperation operation)
    {
        NeedsRoot();
        await Assert.ThrowsAsync<EndOfStreamException>(() => Front.AskAsync(operation));
    }

    [SkippableFact]
    public async Task A_build_whose_body_is_too_short()
    {
        NeedsRoot();
        await Assert.ThrowsAsync<EndOfStreamException>(() => Front.AskAsync(WardenOperation.Build, null, Pilot.PidFd));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Build_with_too_few_or_too_many_descriptors(int count)
    {
        NeedsRoot();
        Descriptor[] many = [.. Enumerable.Repeat(Pilot.PidFd, count)];
        await Assert.ThrowsAsync<EndOfStreamException>(() => Front.AskAsync(WardenOperation.Build, new BuildRoom(Guid.NewGuid(), 1, "classic", 0, "", "").WriteTo, many));
    }

    [SkippableTheory]
    [InlineData(WardenOperation.List)]
    [InlineData(WardenOperation.Stop)]
    [InlineData(WardenOperation.Ending)]
    public async Task Bodies_too_long(WardenOperation operation)
    {
        NeedsRoot();
        await Assert.ThrowsAsync<EndOfStreamException>(() => Front.AskAsync(operation, w => w.Id(Guid.NewGuid()).Id(Guid.NewGuid())));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    public async Task Enter_with_too_few_or_too_many_descriptors(int count)
    {
        NeedsRoot();
        Descriptor[] many = [.. Enumerable.Repeat(Pilot.PidFd, count)];
        await Assert.ThrowsAsync<EndOfStreamException>(() => Front.AskAsync(
            WardenOperation.Enter, new EnterRoom(Guid.NewGuid(), Site.AccountId, Site.AccountId, RoomLimits.None, Play.AnyPlace, false, false).WriteTo, many));
    }

    [SkippableFact]
    public async Task Descriptors_where_none_belong()
    {
        NeedsRoot();
        await Assert.ThrowsAsync<EndOfStreamException>(() => Front.AskAsync(WardenOperation.List, null, Pilot.PidFd));
    }

    [SkippableFact]
    public async Task Lingering_sockets_hold_up_only_the_connection_that_sent_them()
    {
        NeedsRoot();
        using Lingering lingering = new(seconds: 1);
        using (Descriptor first = lingering.Take(), second = lingering.Take())
            Front.SendRaw([(byte)WardenOperation.Enter, 1, 0, 0, 0], first, second); // ours are closed at once: the warden's are the last
        using Front other = await Front.GreetedAsync(Site);
        using Play play = new(other, Pilot);
        _ = await play.RunAsync("exit 4");
        Assert.Equal(4, (await play.EndingAsync()).Value);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_front_that_does_not_say_hello()
    {
        NeedsRoot();
        using Front silent = Front.Silent(Site);
        Assert.Equal("hello", (await silent.AskAsync(WardenOperation.List)).Invariant);
        using Descriptor command = Play.Command("/bin/true");
        Assert.Equal("hello", (await silent.AskAsync(
            WardenOperation.Enter, new EnterRoom(Guid.NewGuid(), Site.AccountId, Site.AccountId, RoomLimits.None, Play.AnyPlace, false, false).WriteTo, Pilot.PidFd, command)).Invariant);
    }

    [SkippableFact]
    public async Task A_wrong_version()
    {
        NeedsRoot();
        using Front old = Front.Silent(Site);
        Assert.Equal("version", (await old.AskAsync(WardenOperation.Hello, w => w.U32(WardenProtocol.Version + 1))).Invariant);
        Assert.Equal("hello", (await old.AskAsync(WardenOperation.List)).Invariant);
    }

    [SkippableFact]
    public async Task Rereading_the_limits_is_not_the_fronts()
    {
        NeedsRoot();
        Assert.Equal("asker", (await Front.AskAsync(WardenOperation.RereadLimits)).Invariant);
    }

    [SkippableFact]
    public async Task Root_may_reread_the_limits_and_nothing_else()
    {
        NeedsRoot();
        using Front root = await Front.GreetedAsync(Site, uid: 0);
        (await root.AskAsync(WardenOperation.RereadLimits)).Done();
        Assert.Equal("asker", (await root.AskAsync(WardenOperation.List)).Invariant);
        Assert.Equal("asker", (await root.AskAsync(WardenOperation.Stop)).Invariant);
        Assert.Equal("asker", (await root.AskAsync(WardenOperation.Build, new BuildRoom(Guid.NewGuid(), 1, "classic", 0, "", "").WriteTo, Pilot.PidFd)).Invariant);
    }

    [SkippableFact]
    public async Task A_peer_that_is_neither_root_nor_the_service_is_turned_away()
    {
        NeedsRoot();
        Assert.Throws<SyscallException>(() => Front.Silent(Site, Site.PilotUid, Site.PilotUid));
        // With the service's group it can connect; the peer's uid decides.
        using Front stranger = Front.Silent(Site, Site.PilotUid, Site.ServiceId);
        await stranger.Closed.WaitAsync(Proc.Deadline(5));
    }

    [SkippableFact]
    public async Task A_front_that_never_reads_its_answers_is_cut_off()
    {
        NeedsRoot();
        using Front deaf = Front.Silent(Site, reads: false);
        byte[] hello = [(byte)WardenOperation.Hello, 1, 0, 0, 0, 1, 0, 0, 0];
        bool open = true;
        Task flood = Task.Run(() =>
        {
            for (int i = 0; i < 40_000 && open; i++)
                open = Sys.TrySend(deaf.Socket, hello, [], out _) > 0;
        });
        await flood.WaitAsync(Proc.Deadline(20));
        Assert.False(open, "40,000 questions, no answer read, and still connected");
    }

    [SkippableFact]
    public async Task Five_hundred_connections_at_once_are_counted_and_root_still_gets_in()
    {
        NeedsRoot();
        Front[] many = [.. Enumerable.Range(0, 500).Select(_ => Front.Silent(Site))];
        using Front root = await Front.GreetedAsync(Site, uid: 0);
        int threads = Proc.ThreadFields(Site.Pid, "Name").Length;
        foreach (Front front in many)
            front.Dispose();
        Assert.InRange(threads, 1, 150);
    }

    [SkippableFact]
    public async Task Two_hundred_connections_that_come_and_go_at_once_take_nothing_down()
    {
        NeedsRoot();
        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
        {
            using Front front = Front.Silent(Site);
            _ = front.AskAsync(WardenOperation.Hello, w => w.U32(WardenProtocol.Version)).ContinueWith(t => t.Exception, TaskScheduler.Default);
            await Task.Yield();
        });
    }

    /// <summary>Connected TCP sockets with unread data, each of which blocks whoever closes it last for some seconds (SO_LINGER).</summary>
    private sealed class Lingering : IDisposable
    {
        private readonly int _seconds;
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<IDisposable> _held = [];

        internal Lingering(int seconds)
        {
            _seconds = seconds;
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
        }

        internal Descriptor Take()
        {
            Socket sender = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, _seconds) };
            sender.Connect(_listener.LocalEndPoint!);
            _held.Add(_listener.Accept());
            sender.Blocking = false;
            byte[] much = new byte[1 << 20];
            while (sender.Send(much, SocketFlags.None, out SocketError error) > 0 && error == SocketError.Success)
            {
            }

            int number = (int)sender.SafeHandle.DangerousGetHandle();
            sender.SafeHandle.SetHandleAsInvalid();
            return new Descriptor(number);
        }

        public void Dispose()
        {
            _held.ForEach(h => h.Dispose());
            _listener.Dispose();
        }
    }
}
