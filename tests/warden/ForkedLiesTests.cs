using System.Globalization;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>
/// Whatever the front says, at log-only only a client's own child is put into a leaf and ended, under the client's own account, and nothing of other
/// rooms can be done with the operations for it.
/// </summary>
public sealed class ForkedLiesTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    private readonly Guid _cell = Guid.CreateVersion7();

    [SkippableFact]
    public async Task Another_account_than_the_clients_own()
    {
        NeedsRoot();
        foreach ((uint uid, uint gid) in new[] { (0u, 0u), (Site.AccountId, Site.AccountId), (Site.PilotUid, 0u) })
        {
            (await BuildAsync()).Done();
            Assert.Equal("account", (await EnterAsync(Pilot.PidFd, uid, gid)).Invariant);
            await EndAsync(entered: false);
        }
    }

    [SkippableFact]
    public async Task A_process_that_is_no_child_of_the_client()
    {
        NeedsRoot();
        using Pilot parent = Parent(), other = Parent();
        (await BuildAsync(parent)).Done();
        Assert.Equal("state", (await JoinAsync(Child(parent))).Invariant);
        (await EnterAsync(parent.PidFd)).Done();
        foreach (PidFd stranger in new[] { Child(other), parent.PidFd.DuplicateProcess(), PidFd.TryOpen(1, out _)! })
            Assert.Equal("child", (await JoinAsync(stranger)).Invariant);
        using Descriptor nothing = Sys.Open(null, "/dev/null", Sys.O_RDWR);
        Assert.Equal("client", (await Front.AskAsync(WardenOperation.Join, w => w.Id(_cell), nothing)).Invariant);
        Assert.Equal("state", (await Front.AskAsync(WardenOperation.Start, w => w.Id(_cell).I64(1))).Invariant);
        Assert.Equal("state", (await Front.AskAsync(WardenOperation.Resolve, w => w.Id(_cell))).Invariant);
        Assert.Equal("state", (await Front.AskAsync(WardenOperation.Usage, w => w.Id(_cell))).Invariant);
        await EndAsync(entered: true);
    }

    [SkippableFact]
    public async Task A_second_child_and_a_room_of_another_level()
    {
        NeedsRoot();
        using Pilot parent = Parent();
        (await BuildAsync(parent)).Done();
        (await EnterAsync(parent.PidFd)).Done();
        (await JoinAsync(Child(parent))).Done();
        Assert.Equal("state", (await JoinAsync(Child(parent))).Invariant);
        await EndAsync(entered: true);

        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        (await play.EnterAsync(Play.Command("/bin/true"))).Done();
        Assert.Equal("level", (await Front.AskAsync(WardenOperation.Join, w => w.Id(play.Cell), Pilot.PidFd)).Invariant);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task The_child_is_placed_measured_and_ended_and_its_parents_word_is_named()
    {
        NeedsRoot();
        using Pilot parent = Parent();
        (await BuildAsync(parent)).Done();
        EnterAnswer.Entered entered = Assert.IsType<EnterAnswer.Entered>(EnterAnswer.Read(new MessageReader((await EnterAsync(parent.PidFd)).Done().Body)));
        PidFd child = Child(parent);
        int pid = PidFd.PidOf(child)!.Value;
        (await JoinAsync(child)).Done();
        StartedInRoom started = StartedInRoom.Read(new MessageReader((await Front.AskAsync(WardenOperation.Start, w => w.Id(_cell).I64(1))).Done().Body));
        Assert.Equal(pid, started.Pid);
        Assert.Contains(entered.Cgroup, File.ReadAllText($"/proc/{pid}/cgroup"), StringComparison.Ordinal);
        (await Front.AskAsync(WardenOperation.Usage, w => w.Id(_cell))).Done();
        await Assert.ThrowsAsync<EndOfStreamException>(() => TellOnOtherFrontAsync(EndedHow.Unknown));

        (await Front.AskAsync(WardenOperation.Signal, w => w.Id(_cell).I32(15))).Done();
        // Its parent sleeps and collects nobody, so the kernel has no word.
        (await Front.AskAsync(WardenOperation.Tell, new ToldEnding(_cell, EndedHow.Signaled, 15).Write)).Done();
        ObservedEnding ending = ObservedEnding.Read(new MessageReader((await Front.AskAsync(WardenOperation.Ending, w => w.Id(_cell))).Done().Body));
        Assert.Equal((EndedHow.Signaled, 15, EndingObserver.Client), (ending.How, ending.Value, ending.Observer));
        Assert.False(parent.PidFd.IsOver);
        await EndAsync(entered: true);
    }

    [SkippableFact]
    public async Task A_client_that_is_gone_takes_its_child_along()
    {
        NeedsRoot();
        using Pilot parent = Parent();
        (await BuildAsync(parent)).Done();
        (await EnterAsync(parent.PidFd)).Done();
        using PidFd child = Child(parent);
        (await JoinAsync(child.DuplicateProcess())).Done();
        (await Front.AskAsync(WardenOperation.Start, w => w.Id(_cell).I64(1))).Done();
        parent.Kill();
        Assert.NotEqual(PollEvents.None, Sys.Poll(child, PollEvents.In, 5000));
        ObservedEnding ending = ObservedEnding.Read(new MessageReader((await Front.AskAsync(WardenOperation.Ending, w => w.Id(_cell))).Done().Body));
        Assert.Equal((EndingCause.ClientGone, true), (ending.Cause, ending.IsEmpty));
        await EndAsync(entered: true);
    }

    // A sleeper of the pilot's with two children.
    private static Pilot Parent()
    {
        string uid = Site.PilotUid.ToString(CultureInfo.InvariantCulture);
        return Pilot.Of(["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "bash", "-c", "sleep 601 & sleep 602 & exec sleep 600"], null);
    }

    private static PidFd Child(Pilot parent)
    {
        string[] children = File.ReadAllText($"/proc/{parent.Pid}/task/{parent.Pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return PidFd.TryOpen(int.Parse(children[0], CultureInfo.InvariantCulture), out _)!;
    }

    private async Task TellOnOtherFrontAsync(EndedHow how)
    {
        using Front other = await Front.GreetedAsync(Site);
        await other.AskAsync(WardenOperation.Tell, new ToldEnding(_cell, how, 0).Write);
    }

    private Task<Reply> BuildAsync(Pilot? client = null)
        => Front.AskAsync(WardenOperation.Build, new BuildRoom(_cell, 0, "forked", 0, "", "").Write, (client ?? Pilot).PidFd);

    private async Task<Reply> EnterAsync(Descriptor client, uint uid = Site.PilotUid, uint gid = Site.PilotUid)
    {
        using Descriptor command = Play.Command("/bin/true");
        return await Front.AskAsync(WardenOperation.Enter, w => new EnterRoom(_cell, uid, gid, RoomLimits.None, Play.AnyPlace, false, false).Write(w), client, command);
    }

    private async Task<Reply> JoinAsync(PidFd child)
    {
        using (child)
            return await Front.AskAsync(WardenOperation.Join, w => w.Id(_cell), child);
    }

    private async Task EndAsync(bool entered)
    {
        DestroyedCell destroyed = DestroyedCell.Read(new MessageReader((await Front.AskAsync(WardenOperation.Destroy, w => w.Id(_cell).I64(5000))).Done().Body));
        Assert.DoesNotContain(destroyed.Findings, f => f.Kind == FindingKind.Found);
        if (entered)
            (await Front.AskAsync(WardenOperation.Forget, w => w.Id(_cell))).Done();
    }
}

file static class Processes
{
    internal static PidFd DuplicateProcess(this PidFd process) => new(process.Duplicate().Release());
}
