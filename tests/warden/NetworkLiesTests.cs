using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>A room is in its client's network namespace, whatever that is; nobody enters one that is in another, and no room keeps one alive.</summary>
public sealed class NetworkLiesTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    private const string Interfaces = "exec sed -n 's/:.*//; s/^ *//; 3,$p' /proc/net/dev";

    [SkippableFact]
    public async Task A_room_of_the_hosts_network_for_a_client_in_its_own()
    {
        NeedsRoot();
        using Pilot apart = Apart();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        await DeniedAsync(play, apart);
        (await play.EnterAsync(Play.Command("/bin/true"))).Done(); // a denial leaves the room as it was
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_room_of_a_clients_network_for_one_in_the_hosts()
    {
        NeedsRoot();
        using Pilot apart = Apart();
        using Play play = new(Front, apart);
        (await play.BuildAsync()).Done();
        await DeniedAsync(play, Pilot);
        _ = await play.DestroyAsync();
    }

    [SkippableFact]
    public async Task A_room_of_a_clients_network_for_one_in_a_third()
    {
        NeedsRoot();
        using Pilot apart = Apart(), further = Apart();
        using Play play = new(Front, apart);
        (await play.BuildAsync()).Done();
        await DeniedAsync(play, further);
        _ = await play.DestroyAsync();
    }

    [SkippableTheory]
    [InlineData("unshare -n")]
    [InlineData("setpriv --reuid 5001 --regid 5001 --clear-groups unshare -Un")] // of a user namespace of the pilot's own
    public async Task The_room_and_its_payload_are_in_the_clients_namespace_and_let_it_go(string how)
    {
        NeedsRoot();
        string name;
        using (Pilot apart = Apart(how))
        {
            name = Network(apart.Pid);
            Assert.NotEqual(Network(Site.Pid), name);
            using Play play = new(Front, apart);
            int pid = await play.RunAsync("sed -n 's/:.*//; s/^ *//; 3,$p' /proc/net/dev; exec sleep 60 > /dev/null 2>&1");
            Assert.Equal("lo\n", await play.Output);
            Assert.Equal(name, Network(pid));
            Assert.All(Site.CellInits(), cellInit => Assert.Equal(name, Network(cellInit)));
            Assert.DoesNotContain(name, OpenFiles(Site.Pid));
            (await play.SignalAsync(9)).Done();
            _ = await play.EndingAsync();
            await play.CleanUpAsync();
        }

        // A process leaves its namespaces a moment before /proc stops showing it.
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(3), () => Holders(name).Length == 0), string.Join(' ', Holders(name)));
    }

    [SkippableFact]
    public async Task A_client_in_the_hosts_network_gets_the_hosts()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync(Interfaces);
        Assert.Equal(File.ReadLines("/proc/net/dev").Skip(2).Select(line => line.Split(':')[0].Trim()), (await play.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        await play.CleanUpAsync();
    }

    private static Pilot Apart(string how = "unshare -n") => how.Contains("-U", StringComparison.Ordinal)
        ? Pilot.Of(["sleep", "600"], how.Split(' '))
        : Pilot.Start(before: how.Split(' '));

    private static async Task DeniedAsync(Play play, Pilot client)
    {
        using Descriptor command = Play.Command("/bin/true");
        Assert.Equal("network", (await play.EnterAsync(command, client: client.PidFd)).Invariant);
        Assert.Null(play.Channel);
    }

    private static string Network(int pid) => new FileInfo($"/proc/{pid}/ns/net").LinkTarget!;

    private static string[] OpenFiles(int pid) => [.. Directory.GetFileSystemEntries($"/proc/{pid}/fd").Select(f => new FileInfo(f).LinkTarget ?? "")];

    private static string[] Holders(string network)
    {
        List<string> holders = [];
        foreach (string process in Directory.GetDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            try
            {
                if (Network(int.Parse(Path.GetFileName(process), System.Globalization.CultureInfo.InvariantCulture)) == network
                    || Directory.GetFileSystemEntries(process + "/fd").Any(f => new FileInfo(f).LinkTarget == network))
                    holders.Add($"{process} {File.ReadAllText(process + "/comm").Trim()}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // gone meanwhile
            }
        }

        return [.. holders];
    }
}
