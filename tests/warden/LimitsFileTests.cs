using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>warden.json is believed only when root alone can write it and it names no account that a payload must not have.</summary>
public sealed class LimitsFileTests
{
    private static readonly string[] Wrong =
    [
        "",
        "null",
        "{}",
        "garbage",
        Site.Json.Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal),
        With(accounts: """[{"uid":0,"gid":5100,"groups":[]}]"""),
        With(accounts: """[{"uid":5100,"gid":0,"groups":[]}]"""),
        With(accounts: """[{"uid":5100,"gid":5100,"groups":[0]}]"""),
        With(accounts: """[{"uid":999,"gid":5100,"groups":[]}]"""),
        With(accounts: """[{"uid":4294967295,"gid":5100,"groups":[]}]"""),
        With(accounts: """[{"uid":5100,"gid":4294967295,"groups":[]}]"""),
        With(accounts: """[{"uid":5100,"gid":5100,"groups":[4294967295]}]"""),
        With(accounts: """[{"uid":5001,"gid":5001,"groups":[]}]"""),
        With(accounts: """[{"uid":5900,"gid":5900,"groups":[]}]"""),
        With(accounts: """[{"uid":5100,"gid":5100,"groups":null}]"""),
        With(accounts: "[null]"),
        With(accounts: "null"),
        With(ranges: """[{"first":999,"last":2000}]"""),
        With(ranges: """[{"first":5000,"last":5002}]"""),
        With(ranges: """[{"first":5899,"last":5901}]"""),
        With(ranges: """[{"first":2000,"last":1999}]"""),
        With(ranges: """[{"first":2000000,"last":4294967295}]"""),
        With(pilots: "[0]"),
        With(pilots: "[5900]"),
        With(pilots: "null"),
        With(binds: """["relative"]"""),
        With(binds: """["/a/../b"]"""),
        With(binds: "null"),
        With(room: "null"),
        With(room: Room.Replace("\"hidden\":[]", "\"hidden\":[\"/\"]", StringComparison.Ordinal)),
        With(room: Room.Replace("\"writable\":[]", "\"writable\":null", StringComparison.Ordinal)),
        With(room: Room.Replace("\"sharedMemoryBytes\":1048576", "\"sharedMemoryBytes\":0", StringComparison.Ordinal)),
        Site.Json.Replace("\"uid\":5900", "\"uid\":0", StringComparison.Ordinal),
        WithRooms("""{"first":999,"last":2000,"perRoom":2}"""),
        WithRooms("""{"first":5000,"last":5010,"perRoom":2}"""),
        WithRooms("""{"first":2100000,"last":2100999,"perRoom":1}"""),
        WithRooms("""{"first":2100999,"last":2100000,"perRoom":2}"""),
        Site.Json.Replace("\"service\":", "\"containerUserNetwork\":true,\"service\":", StringComparison.Ordinal),
    ];

    public static TheoryData<string> Bad => [.. Wrong];

    private const string Room =
        """{"writable":[],"hidden":[],"devices":[],"temporaryBytes":1048576,"sharedMemoryBytes":1048576,"withoutNetwork":false,"nestedContainers":false}""";

    [SkippableTheory]
    [MemberData(nameof(Bad))]
    public void A_file_that_says_what_must_not_be_starts_no_warden(string json)
    {
        using Site site = new();
        site.WriteLimits(json);
        Assert.Equal(1, site.Fail());
        Assert.Contains("cannot start", site.Log, StringComparison.Ordinal);
        Assert.False(File.Exists(site.Socket));
    }

    [SkippableTheory]
    [InlineData(0x1b6)] // 0666
    [InlineData(0x1b4)] // 0664
    public void A_file_that_others_can_write_starts_no_warden(int mode)
    {
        using Site site = new();
        site.WriteLimits(Site.Json, mode);
        Assert.Equal(1, site.Fail());
        Assert.Contains("only root can write", site.Log, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_file_of_another_account_or_behind_a_link_starts_no_warden()
    {
        using Site site = new();
        using (var file = Linux.Sys.Open(null, site.Limits, Linux.Sys.O_RDONLY))
            Linux.Sys.SetOwner(file, Site.ServiceId, Site.ServiceId, "limits");
        Assert.Equal(1, site.Fail());
        File.Delete(site.Limits);
        File.WriteAllText(site.Root + "/real", Site.Json);
        File.CreateSymbolicLink(site.Limits, site.Root + "/real");
        Assert.Equal(1, site.Fail());
    }

    [SkippableTheory]
    [InlineData("run")]
    [InlineData("state")]
    public void A_directory_that_is_not_roots_alone_starts_no_warden(string name)
    {
        using Site site = new();
        Directory.CreateDirectory($"{site.Root}/{name}");
        File.SetUnixFileMode($"{site.Root}/{name}", (UnixFileMode)0x1ff);
        Assert.Equal(1, site.Fail());
        Assert.Contains("must be root's", site.Log, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Rereading_a_bad_file_keeps_the_old_limits_and_a_good_one_counts_at_once()
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front root = await Front.GreetedAsync(site, uid: 0);
        using Front front = await Front.GreetedAsync(site);
        foreach (string bad in Wrong)
        {
            site.WriteLimits(bad);
            Assert.Equal(WardenAnswer.Failed, (await root.AskAsync(WardenOperation.RereadLimits)).Kind);
        }

        site.WriteLimits(Site.Json, 0x1b6);
        Assert.Equal(WardenAnswer.Failed, (await root.AskAsync(WardenOperation.RereadLimits)).Kind);
        using (Play play = new(front, pilot))
        {
            Assert.Equal(0, await ExitCodeAsync(play));
        }

        site.WriteLimits(With(accounts: """[{"uid":5120,"gid":5120,"groups":[]}]"""));
        (await root.AskAsync(WardenOperation.RereadLimits)).Done();
        Assert.Equal("log-only", (await front.AskAsync(WardenOperation.Build, new BuildRoom(Guid.CreateVersion7(), 0, "forked", 0, "", "").Write, pilot.PidFd)).Invariant);
        using Play denied = new(front, pilot);
        (await denied.BuildAsync()).Done();
        Assert.Equal("account", (await denied.EnterAsync(Play.Command("/bin/true"))).Invariant);
        _ = await denied.DestroyAsync();
    }

    [SkippableFact]
    public async Task A_second_warden_on_the_same_run_directory_says_so_and_ends()
    {
        using Site site = new Site().Start();
        (int code, string said) = site.StartAnother();
        Assert.Equal(1, code);
        Assert.Contains("another warden lives on", said, StringComparison.Ordinal);
        using Front front = await Front.GreetedAsync(site);
        (await front.AskAsync(WardenOperation.List)).Done();
    }

    [SkippableFact]
    public async Task Stop_ends_the_warden_and_takes_its_mount_and_slice_along()
    {
        using Site site = new Site().Start();
        using (Pilot pilot = Pilot.Start())
        using (Front front = await Front.GreetedAsync(site))
        using (Play play = new(front, pilot))
        {
            Assert.Equal(0, await ExitCodeAsync(play));
            (await front.AskAsync(WardenOperation.Stop)).Done();
        }

        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => !site.IsAlive));
        Assert.DoesNotContain(site.Root, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.False(File.Exists(site.Socket));
        Assert.Empty(site.Leaves());
    }

    private static async Task<int> ExitCodeAsync(Play play)
    {
        _ = await play.RunAsync("exit 0");
        int code = (await play.EndingAsync()).Value;
        await play.CleanUpAsync();
        return code;
    }

    private static string With(string pilots = "[5001]", string accounts = "[]", string ranges = "[]", string room = Room, string binds = "[]")
        => $$"""{"version":1,"service":{"uid":5900,"gid":5900},"pilots":{{pilots}},"accounts":{{accounts}},"ranges":{{ranges}},"room":{{room}},"binds":{{binds}},"lend":[]}""";

    private static string WithRooms(string rooms) => Site.Json.Replace("\"logOnly\":true", $"\"rooms\":{rooms}", StringComparison.Ordinal);
}
