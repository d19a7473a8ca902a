using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>Promise: a survey tells every position for a pilot's process, leaves nothing behind, and is made for no process but a pilot's, whatever the front says.</summary>
public sealed class SurveyLiesTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    [SkippableFact]
    public async Task It_tells_every_position_and_leaves_nothing()
    {
        NeedsRoot();
        SurveyedPlaces found = SurveyedPlaces.Read(new MessageReader((await AskAsync(Pilot.PidFd, RoomLimits.None with { Processes = 10, MemoryBytes = 64 << 20 })).Done().Body));
        Assert.Equal([Core.Position.Beside, Core.Position.Below, Core.Position.Own], found.Places.Select(p => (Core.Position)p.Position));
        Assert.False(found.Places[0].IsPossible);
        Assert.Contains("no batch job", found.Places[0].Why, StringComparison.Ordinal);
        Assert.True(found.Places[2].IsPossible, found.Places[2].Why);
        Assert.Equal((0, 8), (found.Places[2].NotEnforced, found.Places[2].Holds & 8)); // a pilot in no job loses nothing; the leaf proves
        Assert.Empty(Site.Leaves());
    }

    [SkippableFact]
    public async Task A_hundred_at_once_are_told_or_denied_and_leave_nothing()
    {
        NeedsRoot();
        Reply[] replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => AskAsync(Pilot.PidFd, RoomLimits.None)));
        Assert.All(replies, reply => Assert.True(reply.Kind == WardenAnswer.Done || reply.Invariant == "surveys", reply.ToString()));
        Assert.True(replies.Count(r => r.Kind == WardenAnswer.Done) >= 64);
        Assert.Empty(Site.Leaves());
    }

    [SkippableFact]
    public async Task A_front_that_goes_meanwhile_leaves_nothing()
    {
        NeedsRoot();
        Front going = await Front.GreetedAsync(Site);
        for (int i = 0; i < 20; i++)
            _ = going.AskAsync(WardenOperation.Survey, new SurveyPlaces(RoomLimits.None, false).Write, Pilot.PidFd);
        going.Dispose();
        (await AskAsync(Pilot.PidFd, RoomLimits.None)).Done();
        // Not always after all of those before it: the warden begins them on threads of a pool.
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(10), () => Site.Leaves().Length == 0), "leaves are left");
    }

    [SkippableFact]
    public async Task A_process_that_is_over()
    {
        NeedsRoot();
        Pilot.Kill();
        Assert.Equal("client", (await AskAsync(Pilot.PidFd, RoomLimits.None)).Invariant);
    }

    [SkippableFact]
    public async Task A_process_of_roots()
    {
        NeedsRoot();
        using PidFd self = PidFd.TryOpen(Environment.ProcessId, out _)!;
        Assert.Equal("pilot", (await AskAsync(self, RoomLimits.None)).Invariant);
    }

    [SkippableTheory]
    [InlineData(Site.ServiceId)]
    [InlineData(Site.OtherAccountId)]
    public async Task A_process_of_somebody_else(uint uid)
    {
        NeedsRoot();
        using Pilot other = Pilot.Start(uid);
        Assert.Equal("pilot", (await AskAsync(other.PidFd, RoomLimits.None)).Invariant);
    }

    [SkippableFact]
    public async Task A_pilots_process_inside_a_cell()
    {
        NeedsRoot();
        using Play running = NewPlay();
        _ = await running.RunAsync("sleep 60");
        using Pilot inside = Pilot.Start();
        string unified = CgroupLayout.Read().Unified!;
        File.WriteAllText(Site.Leaves().First(l => l.StartsWith(unified + "/", StringComparison.Ordinal)) + "/cgroup.procs", $"{inside.Pid}");
        Assert.Equal("pilot", (await AskAsync(inside.PidFd, RoomLimits.None)).Invariant);
        await running.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_regular_file()
    {
        NeedsRoot();
        using Descriptor file = Sys.Open(null, "/etc/passwd", Sys.O_RDONLY);
        Assert.Equal("client", (await AskAsync(file, RoomLimits.None)).Invariant);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public async Task An_absurd_limit(long value)
    {
        NeedsRoot();
        Assert.Equal("limits", (await AskAsync(Pilot.PidFd, RoomLimits.None with { MemoryBytes = value })).Invariant);
        Assert.Equal("limits", (await AskAsync(Pilot.PidFd, RoomLimits.None with { Processes = value })).Invariant);
        Assert.Empty(Site.Leaves());
    }

    [SkippableFact]
    public async Task No_process_at_all()
    {
        NeedsRoot();
        await Assert.ThrowsAsync<EndOfStreamException>(() => Front.AskAsync(WardenOperation.Survey, new SurveyPlaces(RoomLimits.None, false).Write));
    }

    [SkippableFact]
    public async Task A_body_that_is_none()
    {
        NeedsRoot();
        await Assert.ThrowsAsync<EndOfStreamException>(() => Front.AskAsync(WardenOperation.Survey, w => w.U8(1), Pilot.PidFd));
    }

    [SkippableFact]
    public async Task It_is_not_for_root()
    {
        NeedsRoot();
        using Front root = await Front.GreetedAsync(Site, 0);
        Assert.Equal("asker", (await root.AskAsync(WardenOperation.Survey, new SurveyPlaces(RoomLimits.None, false).Write, Pilot.PidFd)).Invariant);
    }

    private Task<Reply> AskAsync(Descriptor client, RoomLimits limits) => Front.AskAsync(WardenOperation.Survey, new SurveyPlaces(limits, false).Write, client);
}
