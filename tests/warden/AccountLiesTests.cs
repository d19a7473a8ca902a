using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>Whatever the front says, a payload gets no account but one of the site's, with the groups that the warden's own file lists.</summary>
public sealed class AccountLiesTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    [SkippableFact]
    public Task Uid_0() => DeniesAsync(0, Site.AccountId);

    [SkippableFact]
    public Task Gid_0() => DeniesAsync(Site.AccountId, 0);

    [SkippableFact]
    public Task Uid_and_gid_0() => DeniesAsync(0, 0);

    [SkippableFact]
    public Task Uid_minus_1_which_the_kernel_reads_as_stay_root() => DeniesAsync(uint.MaxValue, uint.MaxValue);

    [SkippableFact]
    public Task A_system_account() => DeniesAsync(33, 33);

    [SkippableFact]
    public Task Just_below_the_range() => DeniesAsync(Site.RangeFirst - 1, Site.RangeFirst - 1);

    [SkippableFact]
    public Task Just_above_the_range() => DeniesAsync(Site.RangeLast + 1, Site.RangeLast + 1);

    [SkippableFact]
    public Task Uid_of_one_range_account_with_the_gid_of_another() => DeniesAsync(Site.RangeFirst, Site.RangeFirst + 1);

    [SkippableFact]
    public Task Uid_of_one_pool_account_with_the_gid_of_another() => DeniesAsync(Site.AccountId, Site.OtherAccountId);

    [SkippableFact]
    public Task A_pilots_uid() => DeniesAsync(Site.PilotUid, Site.PilotUid);

    [SkippableFact]
    public Task The_services_uid() => DeniesAsync(Site.ServiceId, Site.ServiceId);

    [SkippableFact]
    public async Task Groups_smuggled_in_behind_the_message_end_the_connection()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        await Assert.ThrowsAsync<EndOfStreamException>(() => Front.AskAsync(
            WardenOperation.Enter,
            w =>
            {
                new EnterRoom(play.Cell, Site.AccountId, Site.AccountId, RoomLimits.None, Play.AnyPlace, false, false).Write(w);
                w.U32(1).U32(0);
            },
            Pilot.PidFd, Play.Command("/bin/true")));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(long.MinValue)]
    [InlineData(367L * 24 * 3600 * 1000)]
    [InlineData(1_000_000_000L * 24 * 3600 * 1000)]
    public async Task A_wall_limit_that_is_none(long milliseconds)
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        Assert.Equal("limits", (await play.EnterAsync(Play.Command("/bin/true"), limits: RoomLimits.None with { WallMilliseconds = milliseconds })).Invariant);
    }

    [SkippableFact]
    public async Task The_groups_are_those_of_the_wardens_own_file()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("exec grep -E '^(Uid|Gid|Groups):' /proc/self/status");
        Assert.Equal("Uid:\t5100\t5100\t5100\t5100\nGid:\t5100\t5100\t5100\t5100\nGroups:\t5101 \n", await play.Output);
        await play.CleanUpAsync();
    }

    private async Task DeniesAsync(uint uid, uint gid)
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        Assert.Equal("account", (await play.EnterAsync(Play.Command("/bin/true"), uid, gid)).Invariant);
        Assert.Null(play.Channel);
    }
}
