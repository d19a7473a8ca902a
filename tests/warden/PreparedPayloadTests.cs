using System.Globalization;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>
/// Promise: a payload's main process is made while its record is written, and nothing of the payload runs before the word to start: it has everything of its own
/// but its program, and goes with its room where the word never comes.
/// </summary>
public sealed class PreparedPayloadTests
{
    private const int SIGKILL = 9;
    private const uint Account = Site.RangeFirst + 80; // which no other test uses: its processes are found by it

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public Task It_has_everything_but_its_program_and_goes_with_its_room(bool isPrivate) => WhileItWaitsAsync(isPrivate, async (_, play, waiting) =>
    {
        Assert.EndsWith("/cell-init", new FileInfo($"/proc/{waiting}/exe").LinkTarget, StringComparison.Ordinal);
        Assert.Equal("2", Proc.Field(waiting, "Seccomp"));
        Assert.Equal("1", Proc.Field(waiting, "NoNewPrivs"));
        Assert.Equal(0UL, ulong.Parse(Proc.Field(waiting, "CapPrm"), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Contains($"{play.Cell:D}", File.ReadAllText($"/proc/{waiting}/cgroup"), StringComparison.Ordinal);

        await play.CleanUpAsync();
        Assert.Empty(Proc.OfUid(Account));
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public Task It_ends_with_its_cell_init(bool isPrivate) => WhileItWaitsAsync(isPrivate, async (site, _, _) =>
    {
        using PidFd cellInit = PidFd.TryOpen(Assert.Single(site.CellInits(), pid => Proc.Children(pid).Length > 0), out int _)!;
        site.KillWarden(); // which would kill whatever is in the leaf
        cellInit.Signal(SIGKILL);

        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => Proc.OfUid(Account).Length == 0), "it outlived its cell-init");
    });

    [SkippableFact]
    public Task One_that_is_killed_while_it_waits_has_never_run() => WhileItWaitsAsync(isPrivate: false, async (_, play, waiting) =>
    {
        using (PidFd process = PidFd.TryOpen(waiting, out int _)!)
        {
            process.Signal(SIGKILL);
            Assert.NotEqual(PollEvents.None, Sys.Poll(process, PollEvents.In, 5000)); // one that is still alive could take its leave
        }

        StartedInRoom told = StartedInRoom.Read(new MessageReader((await play.StartAsync()).Done().Body));
        Assert.Equal((0, "leave"), (told.Pid, told.Step));
        Assert.Equal(EndedHow.NeverStarted, (await play.EndingAsync()).How);
        await play.CleanUpAsync();
    });

    // A payload that would write something, up to the word to start; whatever is done then, it has written nothing.
    private static async Task WhileItWaitsAsync(bool isPrivate, Func<Site, Play, int, Task> act)
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        using Play play = new(front, pilot);
        using Descriptor command = Play.Command("/bin/sh", "-c", "echo ran");
        await play.ReadyAsync(command, Account, isPrivate: isPrivate);
        await act(site, play, await WaitingAsync(isPrivate));
        Assert.Equal("", await play.Output);
    }

    // It takes its steps while the answer goes to the front.
    private static async Task<int> WaitingAsync(bool isPrivate)
    {
        int[] found = [];
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => (found = Proc.OfUid(Account)).Length == 1 && Proc.Field(found[0], "Seccomp") == "2"),
            $"{found.Length} processes of the payload's account wait in a {(isPrivate ? "private" : "classic")} room");
        return found[0];
    }
}
