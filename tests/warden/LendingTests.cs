using System.Diagnostics;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>
/// Promise: a directory is lent only where the client itself names it, owns it, and reaches it with nothing but its own rights, below a root of the
/// warden's own list; what the payload writes there is the pilot's on disk.
/// </summary>
public sealed class LendingTests : IAsyncLifetime, IDisposable
{
    private Site _site = null!;
    private Front _front = null!;
    private Pilot _pilot = null!;
    private string _lend = null!;

    private string Own => _lend + "/own";

    public async Task InitializeAsync()
    {
        _site = new Site();
        _lend = _site.Root + "/lend";
        _site.WriteLimits(Site.Json.Replace("\"lend\":[]", $"\"lend\":[\"{_lend}\"]", StringComparison.Ordinal));
        _site.Start();
        _front = await Front.GreetedAsync(_site);
        _pilot = Pilot.Start();
        Run($"mkdir -p {Own}/below {_lend}/others {_lend}/closed/in; echo secret > {Own}/f; touch {_lend}/file; ln -s own {_lend}/link; chmod 0600 {Own}/f; chmod 700 {_lend}/closed; "
            + $"chown -R {Site.PilotUid}:{Site.PilotUid} {Own} {_lend}/file {_lend}/closed/in; chown {Site.AccountId} {_lend}/others");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _front?.Dispose();
        _pilot?.Dispose();
        _site?.Dispose();
    }

    [SkippableFact]
    public async Task The_payload_sees_it_as_its_own_and_what_it_writes_is_the_pilots_on_disk()
    {
        using Lender lender = new(_site);
        (int code, string said) = await LentRunAsync(lender, Own, "cat f; echo made > g; stat -c '%u %g' . f g; ls -A");
        Assert.Equal((0, $"secret 5100 5100 5100 5100 5100 5100 below f g"), (code, string.Join(' ', said.Split('\n', StringSplitOptions.RemoveEmptyEntries))));
        Assert.Equal($"{Site.PilotUid} {Site.PilotUid}", Run($"stat -c '%u %g' {Own}/g").Trim());
    }

    [SkippableFact]
    public async Task It_is_nosuid_nodev_and_has_nothing_that_is_mounted_below_it()
    {
        using Lender lender = new(_site, $"mount -t tmpfs none {Own}/below && touch {Own}/below/shown");
        (_, string said) = await LentRunAsync(lender, Own, "ls -A below; grep \" $PWD \" /proc/self/mountinfo");
        Assert.Contains("nosuid,nodev", said, StringComparison.Ordinal);
        Assert.DoesNotContain("shown", said, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_directory_that_only_the_pilots_own_mount_namespace_has()
    {
        using Lender lender = new(_site, $"mount -t tmpfs -o mode=755 none {_lend} && mkdir {_lend}/mine && echo hidden > {_lend}/mine/f && chown -R {Site.PilotUid}:{Site.PilotUid} {_lend}/mine");
        Assert.Equal((0, "hidden\n"), await LentRunAsync(lender, _lend + "/mine", "cat f"));
    }

    [SkippableTheory]
    [InlineData("/etc", "under none")]
    [InlineData("{lend}", "under none")]
    [InlineData("{lend}-not", "under none")]
    [InlineData("own", "no absolute path")]
    [InlineData("{lend}/file", "Not a directory")]
    [InlineData("{lend}/link", "Not a directory")]
    [InlineData("{lend}/link/below", "Too many levels of symbolic links")]
    [InlineData("{lend}/../../etc", "cross-device")]
    [InlineData("{lend}//etc", "cross-device")]
    [InlineData("{lend}/others", "belongs to somebody else")]
    [InlineData("{lend}/none", "No such file")]
    [InlineData("{lend}/closed/in", "Permission denied")]
    [InlineData("{lend}/closed/none", "Permission denied")] // as for one that is there: the pilot itself could not tell
    public async Task What_is_not_the_pilots_to_lend_is_refused(string path, string why)
    {
        using Lender lender = new(_site);
        using Play play = await BuiltAsync(lender);
        LentAnswer answer = await NamedAsync(play, lender, path.Replace("{lend}", _lend, StringComparison.Ordinal));
        Assert.Contains(why, Assert.IsType<LentAnswer.Refused>(answer).Why, StringComparison.OrdinalIgnoreCase);
        using Descriptor command = Play.Command("/bin/true");
        Assert.Equal("lend", (await play.EnterAsync(command, client: lender.PidFd)).Invariant);
        (await play.DestroyReplyAsync()).Done();
    }

    [SkippableFact]
    public async Task A_file_system_that_is_not_on_the_list()
    {
        using Lender lender = new(_site, $"mkdir {_lend}/proc && mount -t ramfs none {_lend}/proc && chown {Site.PilotUid} {_lend}/proc");
        using Play play = await BuiltAsync(lender);
        Assert.Contains("--in and --out", Assert.IsType<LentAnswer.Refused>(await NamedAsync(play, lender, _lend + "/proc")).Fix, StringComparison.Ordinal);
        (await play.DestroyReplyAsync()).Done();
    }

    [SkippableFact]
    public async Task A_name_from_anybody_but_the_client()
    {
        using Lender lender = new(_site), other = new(_site);
        using Play play = await BuiltAsync(lender);
        Assert.Contains("another process", Assert.IsType<LentAnswer.Refused>(await NamedAsync(play, lender, Own, other)).Why, StringComparison.Ordinal);
        (await play.DestroyReplyAsync()).Done();
    }

    [SkippableFact]
    public async Task One_clients_directory_is_not_shown_to_anothers_payload()
    {
        using Lender lender = new(_site), other = new(_site);
        using Play play = await BuiltAsync(lender);
        Assert.IsType<LentAnswer.Lent>(await NamedAsync(play, lender, Own));
        using Descriptor command = Play.Command("/bin/true");
        Assert.Equal("lend", (await play.EnterAsync(command, client: other.PidFd)).Invariant);
        (await play.DestroyReplyAsync()).Done();
    }

    [SkippableFact]
    public async Task What_is_put_in_its_place_meanwhile_is_not_shown()
    {
        using Lender lender = new(_site);
        Assert.Equal((0, "secret\n"), await LentRunAsync(lender, Own, "cat f", () => Run($"mv {Own} {_lend}/away; ln -s /etc {Own}")));
    }

    [SkippableFact]
    public async Task A_client_that_names_nothing_holds_up_nobody()
    {
        using Lender lender = new(_site);
        using Play play = await BuiltAsync(lender);
        using Descriptor? socket = (await play.LendAsync(lender.PidFd)).Done().Passed;
        Stopwatch time = Stopwatch.StartNew();
        Assert.Contains("nothing was heard", Assert.IsType<LentAnswer.Refused>(await play.LentAsync()).Why, StringComparison.Ordinal);
        Assert.InRange(time.Elapsed.TotalSeconds, 0, 30);
        (await play.DestroyReplyAsync()).Done();
    }

    private async Task<Play> BuiltAsync(Lender lender)
    {
        Play play = new(_front, _pilot);
        (await play.BuildPrivateAsync(lender.PidFd)).Done();
        return play;
    }

    private static async Task<LentAnswer> NamedAsync(Play play, Lender lender, string path, Lender? by = null)
    {
        using Descriptor socket = (await play.LendAsync(lender.PidFd)).Done().Passed!;
        (by ?? lender).Name(socket, path);
        return await play.LentAsync();
    }

    private async Task<(int Code, string Said)> LentRunAsync(Lender lender, string path, string script, Action? meanwhile = null)
    {
        using Play play = await BuiltAsync(lender);
        LentAnswer answer = await NamedAsync(play, lender, path);
        Assert.True(answer is LentAnswer.Lent, answer.ToString());
        meanwhile?.Invoke();
        using Descriptor command = Play.Command(["/bin/sh", "-c", script], [], _site.Run + "/lent");
        (await play.EnterAsync(command, client: lender.PidFd)).Done();
        play.SendStreams();
        CellResolution resolution = await play.ResolutionAsync();
        Assert.True(resolution.Outcome == ResolutionOutcome.Resolved, $"{resolution.Outcome} {resolution.Detail} {resolution.Errno}");
        (await play.StartAsync()).Done();
        ObservedEnding ending = await play.EndingAsync();
        await play.CleanUpAsync();
        return (ending.Value, await play.Output);
    }

    private static string Run(string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
