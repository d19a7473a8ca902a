using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Isolators.Container;

/// <summary>
/// The way out of a container's own network: the program pasta, which makes a device there with the addresses and routes of its pilot's network, and speaks for it in that
/// network with the sockets of an ordinary process (pasta(1)). It is the container's root: an id of the room's outside, and capabilities only inside. It is in the container's pid
/// namespace, in which the payload cannot see it, and so ends with the container's first process, wherever a pilot has moved it.
/// </summary>
/// <param name="program">Its path.</param>
internal sealed class UserNetwork(string program)
{
    private const int RLIMIT_CORE = 4;
    private const int MostWords = 16 << 10;

    // As proc_pid_net(5) has them: addresses in the machine's order of bytes.
    private const string Loopback = "lo", NoAddress = "00000000", LinkLocal = "FEA9", NoAddress6 = "00000000000000000000000000000000", Global = "00";
    private const string NamespaceName = "netns";
    private static readonly string[] Places = ["/usr/bin/pasta", "/usr/local/bin/pasta"];
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    // What it says of a log that nobody keeps, on hosts without one.
    private const string NoLog = "Failed to send";

    /// <summary>The one that is installed, or would be.</summary>
    internal static UserNetwork Installed => new(Places.FirstOrDefault(File.Exists) ?? Places[0]);

    /// <summary>Why it cannot be run; null where nothing speaks against it.</summary>
    internal string? Fault => HostProgram.Fault(program);

    /// <summary>Has it serve a container that has just been built. It does when this ends.</summary>
    /// <param name="first">The container's first process.</param>
    /// <param name="room">The room's own cgroup.</param>
    /// <param name="nursery">What it sees of the host.</param>
    /// <param name="outside">The network that it leads to; null for this process's.</param>
    /// <param name="oomScoreAdjustment">What it has as oom_score_adj.</param>
    /// <param name="clock">The clock.</param>
    /// <exception cref="IOException">It cannot be started, says why it failed, or is not ready in time.</exception>
    internal Task ServeAsync(PidFd first, RoomDirectories room, Nursery nursery, PilotNetwork? outside, int? oomScoreAdjustment, TimeProvider clock)
        => Task.Factory.StartNew(() => Serve(first, room, nursery, outside, oomScoreAdjustment, clock), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Serve(PidFd first, RoomDirectories room, Nursery nursery, PilotNetwork? outside, int? oomScoreAdjustment, TimeProvider clock)
    {
        using ToldPipe words = new(MostWords);
        PidFd starter = Start(first, room, nursery, outside, oomScoreAdjustment, words);
        try
        {
            ChildEnd end = End(starter, words, clock);
            if (end is not { IsExit: true, Value: 0 })
                throw new IOException($"{program} {(end.IsExit ? $"ended with {end.Value}" : $"was killed by signal {end.Value}")}: {Said(words)}");
            if (!HasWayOut(first))
                throw new IOException($"{program} has made no way out of the container's network: {Said(words)}");
        }
        finally
        {
            _ = Child.Abandon(starter);
        }
    }

    private PidFd Start(PidFd first, RoomDirectories room, Nursery nursery, PilotNetwork? outside, int? oomScoreAdjustment, ToldPipe words)
    {
        using Descriptor users = Of(first, "user"), processes = Of(first, "pid"), network = Of(first, "net");
        using Descriptor devices = Devices(), shown = Sys.CloneTree(network, "the container's network namespace"), nothing = SealedMemory.Create("nothing"u8, []), telling = words.TakeEnd();
        ChildPlan plan = new()
        {
            Program = Encoding.UTF8.GetBytes(program),
            // What is outside's, loopback addresses among it, is not to be reached through an address of the gateway's; and nobody outside connects to what is in it.
            Arguments =
            [
                .. Words(program, "--config-net", "--no-map-gw", "-t", "none", "-u", "none", "-T", "none", "-U", "none",
                    // By a path, and for good: it closes what it was given open, and looks for what is named by descriptor in a process that has ended.
                    "--netns-only", "--no-netns-quit", "--netns", $"/dev/{NamespaceName}"),
            ],
            Environment = [],
            Descriptors = [nothing, telling, telling],
            Cgroup = room.First,
            Namespaces = OwnNamespaces.Mounts,
            Nursery = nursery.Mounts,
            PidNamespace = processes,
            Mounts =
            [
                new MountStep.Propagate(MountPropagation.Slave), new MountStep.Attach(devices, "/dev"), new MountStep.Attach(shown, $"/dev/{NamespaceName}"),
                new MountStep.New("proc", "/proc", "hidepid=2"),
            ],
            NetworkNamespace = outside?.File,
            UserNamespace = users,
            NewKeyring = true,
            OomScoreAdjustment = oomScoreAdjustment ?? 0,
            ResourceLimits = [(RLIMIT_CORE, 0, 0)],
            BoundingSet = Capabilities.SysAdmin | Capabilities.NetAdmin | Capabilities.SetPcap | Capabilities.SetUid | Capabilities.SetGid,
            Account = new ChildAccount(0, 0, []),
            Directory = "/"u8.ToArray(),
        };
        return Child.Start(plan, Deadline) switch
        {
            ChildResult.Running running => running.Process,
            ChildResult.Failed { Step: >= ChildResult.Failed.FirstMount } failed
                => throw new SyscallException("start", $"{program}: {plan.Mounts[failed.Step - ChildResult.Failed.FirstMount].Name}", failed.Errno),
            ChildResult.Failed { Errno: Errno.ENOENT } => throw new IOException($"there is no {program}. Install it: apt install passt, or dnf install passt"),
            ChildResult.Failed failed => throw new SyscallException("start", $"{program}, step {failed.Step}", failed.Errno),
            _ => throw new InvalidOperationException("a start without a result"),
        };
    }

    // It goes on as a child of its own when it is ready.
    private ChildEnd End(PidFd starter, ToldPipe words, TimeProvider clock)
    {
        long since = clock.GetTimestamp();
        while (true)
        {
            TimeSpan left = Deadline - clock.GetElapsedTime(since);
            Span<PollEntry> each = [new PollEntry { Number = starter.Number, Wanted = PollEvents.In }, words.Entry];
            if (left <= TimeSpan.Zero || Sys.Poll(each, (int)Math.Ceiling(left.TotalMilliseconds)) == 0)
                throw new IOException($"{program} is not ready after {Deadline.TotalSeconds:0} s: {Said(words)}");
            if (each[1].Seen != PollEvents.None)
                words.Read();
            if (each[0].Seen == PollEvents.None)
                continue;
            words.ReadAll();
            return Sys.WaitFor(starter, reap: true) ?? throw new IOException($"{program} is over, and nobody knows how it ended");
        }
    }

    // The number is its own as long as it is not over.
    private static Descriptor Of(PidFd first, string kind)
    {
        Descriptor opened = Sys.Open(null, string.Create(CultureInfo.InvariantCulture, $"/proc/{first.Pid}/ns/{kind}"), Sys.O_RDONLY);
        if (!first.IsOver)
            return opened;
        opened.Dispose();
        throw new IOException("the container's first process has ended");
    }

    // A default route of either family, and not the one that it makes, with link-local addresses, where the network outside has none (pasta(1), "local mode").
    private static bool HasWayOut(PidFd first)
        => (Rows(first, "route").Any(route => route is [not Loopback, NoAddress, string gateway, _, _, _, _, NoAddress, ..] && !gateway.EndsWith(LinkLocal, StringComparison.Ordinal))
            || (Rows(first, "ipv6_route").Any(route => route is [NoAddress6, "00", .., not Loopback]) && Rows(first, "if_inet6").Any(address => address is [_, _, _, Global, _, not Loopback])))
            && !first.IsOver;

    private static IEnumerable<string[]> Rows(PidFd first, string table)
        => KernelFile.TextOrNothing(string.Create(CultureInfo.InvariantCulture, $"/proc/{first.Pid}/net/{table}")).Split('\n')
            .Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));

    // All that it opens there; the host's node for such devices may be root's alone.
    private static Descriptor Devices()
    {
        Descriptor devices = NewMount.Make("tmpfs", MountAttributes.NoSetId | MountAttributes.NoExecution, ("size", "64k"), ("mode", "755"));
        try
        {
            Sys.MakeDirectoryAt(devices, "net"u8, 0x1ed);
            MountPlace.Make(devices, NamespaceName, isDirectory: false);
            Sys.MakeCharacterDeviceAt(devices, "null", 0x1b6, 1, 3); // Linux, Documentation/admin-guide/devices.txt
            Sys.MakeCharacterDeviceAt(devices, "net/tun", 0x1b6, 10, 200);
            return devices;
        }
        catch
        {
            devices.Dispose();
            throw;
        }
    }

    private static string Said(ToldPipe words)
    {
        string said = string.Join("; ", words.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !line.StartsWith(NoLog, StringComparison.Ordinal)));
        return said.Length == 0 ? "it said nothing" : PrintableText.Of(Encoding.UTF8.GetBytes(said.Length > 500 ? said[^500..] : said));
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Words(params string[] words) => words.Select(word => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(word));
}
