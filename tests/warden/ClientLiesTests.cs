using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>A client is a living process of a pilot's, outside every cell, by the kernel's word; nothing else passes for one, at building or at entering.</summary>
public sealed class ClientLiesTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    [SkippableFact]
    public Task A_process_of_roots() => DeniesAsync("pilot", PidFd.TryOpen(Environment.ProcessId, out _));

    [SkippableFact]
    public Task The_warden_itself() => DeniesAsync("pilot", () => PidFd.TryOpen(Site.Pid, out _)!);

    [SkippableFact]
    public async Task A_process_of_the_services()
    {
        NeedsRoot();
        using Pilot own = Pilot.Start(Site.ServiceId);
        await DeniesAsync("pilot", own.PidFd.Duplicate());
    }

    [SkippableFact]
    public async Task A_process_of_a_payload_account()
    {
        NeedsRoot();
        using Pilot payload = Pilot.Start(Site.OtherAccountId);
        await DeniesAsync("pilot", payload.PidFd.Duplicate());
    }

    [SkippableTheory]
    [InlineData(Site.PilotUid, 0u)]
    [InlineData(0u, Site.PilotUid)]
    public async Task A_process_of_mixed_uids(uint real, uint effective)
    {
        NeedsRoot();
        using Pilot mixed = Pilot.StartMixed(real, effective);
        await DeniesAsync("pilot", mixed.PidFd.Duplicate());
    }

    [SkippableFact]
    public async Task A_process_that_is_over()
    {
        NeedsRoot();
        Pilot.Kill();
        await DeniesAsync("client", Pilot.PidFd.Duplicate());
    }

    [SkippableFact]
    public Task A_regular_file() => DeniesAsync("client", Sys.Open(null, "/etc/passwd", Sys.O_RDONLY));

    [SkippableFact]
    public Task A_file_of_proc_that_tells_a_pid() => DeniesAsync("client", () => Sys.Open(null, $"/proc/{Pilot.Pid}/status", Sys.O_RDONLY));

    [SkippableFact]
    public Task A_directory() => DeniesAsync("client", Sys.Open(null, "/", Sys.O_RDONLY | Sys.O_DIRECTORY));

    [SkippableFact]
    public Task The_processs_directory_in_proc() => DeniesAsync("client", () => Sys.Open(null, $"/proc/{Pilot.Pid}", Sys.O_RDONLY | Sys.O_DIRECTORY));

    [SkippableFact]
    public Task A_place_only() => DeniesAsync("client", Sys.Open(null, "/", Sys.O_PATH));

    [SkippableFact]
    public Task A_socket() => DeniesAsync("client", UnixSocket.Pair(UnixSocketKind.Stream).Left);

    [SkippableFact]
    public Task A_pipe() => DeniesAsync("client", Sys.Pipe().Read);

    [SkippableFact]
    public async Task A_payload_of_a_cell()
    {
        NeedsRoot();
        // A pilot's process that has been moved into a leaf: as a payload of the level log-only would be.
        using Play running = NewPlay();
        _ = await running.RunAsync("sleep 60");
        using Pilot inside = Pilot.Start();
        File.WriteAllText(Site.Leaves().First(l => l.Contains("unified", StringComparison.Ordinal) || File.Exists(l + "/cgroup.kill")) + "/cgroup.procs", $"{inside.Pid}");
        await DeniesAsync("pilot", inside.PidFd.Duplicate());
        await running.CleanUpAsync();
    }

    private Task DeniesAsync(string invariant, Descriptor? client) => DeniesAsync(invariant, () => client!);

    private async Task DeniesAsync(string invariant, Func<Descriptor> client)
    {
        NeedsRoot();
        using Pilot honest = Pilot.Start();
        using Play play = new(Front, honest);
        using Descriptor given = client();
        using Descriptor command = Play.Command("/bin/true");
        Assert.Equal(invariant, (await play.BuildAsync(given)).Invariant);
        (await play.BuildAsync()).Done();
        Assert.Equal(invariant, (await play.EnterAsync(command, client: given)).Invariant);
        Assert.Null(play.Channel);
    }
}
