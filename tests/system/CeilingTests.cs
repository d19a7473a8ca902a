using System.Globalization;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: a payload never gets more than its pilot has. CPUs, priorities, resource limits and the network namespace of the pilot are its
/// own, by the kernel's word. What is held by a cgroup is another test's.
/// </summary>
[Collection(SharedServiceTests.Name)]
public sealed class CeilingTests(SharedService shared)
{
    // CPUs, policy (sched(7)), nice value and io priority.
    private const string Show =
        "sh -c 'grep Cpus_allowed_list /proc/self/status | cut -f 2; sed \"s/.*) //\" /proc/self/stat | cut -d \" \" -f 39; nice; ionice -p $$'";

    // The interfaces of a network namespace.
    private const string Interfaces = "sed -n 's/:.*//; s/^ *//; 3,$p' /proc/net/dev";

    private static readonly string All = File.ReadLines("/proc/self/status").First(l => l.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1];

    private static readonly string Last = (Environment.ProcessorCount - 1).ToString(CultureInfo.InvariantCulture);

    [SkippableFact]
    public void APilotWithoutCeilingsOfItsOwnGivesNone() => Sees("", All, 0, 0, "none: prio 0");

    [SkippableFact]
    public void TheCpusOfThePilotAreThePayloads() => Sees($"taskset -c {Last}", Last, 0, 0, "none: prio 0");

    [SkippableTheory]
    [InlineData(10, 10)]
    [InlineData(19, 19)]
    [InlineData(-5, 0)] // cell-init has no CAP_SYS_NICE: less than the pilot's, never more
    public void TheNiceValueOfThePilotIsThePayloadsWhereItIsNoFavour(int pilot, int payload)
    {
        Outcome outcome = shared.Get().Shell.Bash($"nice -n {pilot} $A run -- nice");
        Assert.Equal(payload.ToString(CultureInfo.InvariantCulture), outcome.Silent());
    }

    [SkippableTheory]
    [InlineData("-b 0", 3)]
    [InlineData("-i 0", 5)]
    [InlineData("-f 10", 0)] // a real-time policy is never handed on
    [InlineData("-r 10", 0)]
    public void TheSchedulingPolicyOfThePilotIsThePayloadsWhereItIsNoRealTimeOne(string option, int policy)
    {
        Service service = shared.Get();
        Skip.IfNot(service.Shell.Bash($"chrt {option} true").Code == 0, $"this host lets root set no policy {option}");
        Sees($"chrt {option}", All, policy, 0, "none: prio 0");
    }

    [SkippableTheory]
    [InlineData("-c 3", "idle")]
    [InlineData("-c 2 -n 7", "best-effort: prio 7")]
    [InlineData("-c 1 -n 0", "none: prio 0")]
    public void TheIoPriorityOfThePilotIsThePayloadsWhereItIsNoRealTimeOne(string option, string expected)
    {
        Service service = shared.Get();
        Skip.IfNot(service.Shell.Bash($"ionice {option} true").Code == 0, $"this host lets root set no io priority {option}");
        Sees($"ionice {option}", All, 0, 0, expected);
    }

    [SkippableFact]
    public void APilotUnderAllOfThemAtOnceGetsNoPayloadOutsideThem()
    {
        Outcome outcome = shared.Get().Shell.Bash(
            $"ulimit -u 321; ulimit -n 123; taskset -c {Last} nice -n 10 ionice -c 3 chrt -b 0 unshare -n $A run -- sh -c {Quoted(Show + "; ulimit -Hn; bash -c \"ulimit -Hu\"; " + Interfaces)}");
        outcome.Silent();
        Assert.Equal([Last, "3", "10", "idle", "123", "321", "lo"], outcome.Lines);
    }

    [SkippableTheory]
    [InlineData("unshare -n $A")]
    [InlineData("setpriv --reuid=isotest-a --regid=isotest-a --clear-groups -- unshare -Urn $PROGRAM")] // of a user namespace of the pilot's own
    public void APayloadIsInItsPilotsNetworkNamespaceAndTheRecordSaysSo(string client)
    {
        Service service = shared.Get();
        Skip.If(client.Contains("-U", StringComparison.Ordinal) && service.Shell.Bash("setpriv --reuid=isotest-a --regid=isotest-a --clear-groups -- unshare -Urn true").Code != 0,
            "this host lets nobody but root make user namespaces");
        string file = $"{service.Work}/st-{Guid.NewGuid():N}";
        Outcome outcome = service.Shell.Bash(
            $"PROGRAM={service.Programs}/isolation; {client} run --status-file {file} -- sh -c {Quoted("readlink /proc/self/ns/net; " + Interfaces)}");
        outcome.Silent();
        string network = outcome.Lines[0];
        Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget, network);
        Assert.Equal(["lo"], outcome.Lines[1..]);
        Assert.Equal("pilot", RecordedNetwork(service, file));
        Until.True(() => Holders(network).Count == 0, 10, () => string.Join(' ', Holders(network)));
    }

    [SkippableFact]
    public void APayloadOfAPilotInTheHostsNetworkIsInTheHosts()
    {
        Service service = shared.Get();
        string file = $"{service.Work}/st-{Guid.NewGuid():N}";
        Assert.Equal(new FileInfo("/proc/self/ns/net").LinkTarget, service.Shell.Bash($"$A run --status-file {file} -- readlink /proc/self/ns/net").Silent());
        Assert.Equal("host", RecordedNetwork(service, file));
    }

    [SkippableFact]
    public void AbstractSocketsOfTheHostAreOutOfReachInThePilotsNetworkNamespace()
    {
        // Without Landlock's scopes, so that the network namespace alone decides.
        using Service service = Service.Prepare(Site.Policy);
        service.Arguments.AddRange(["--without-kernel", "landlock"]);
        service.Launch();
        const string Connect = "import socket,sys\ntry:\n  socket.socket(socket.AF_UNIX).connect(chr(0)+sys.argv[1])\n  print(\"reached\")\nexcept ConnectionRefusedError:\n  print(\"refused\")";
        string name = $"iso-{Guid.NewGuid():N}";
        using System.Net.Sockets.Socket listener = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
        listener.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint("\0" + name));
        listener.Listen();
        File.WriteAllText($"{service.Work}/connect.py", Connect);
        Assert.Equal("reached", service.Shell.Bash($"$A run -- python3 $WORK/connect.py {name}").Silent());
        Assert.Equal("refused", service.Shell.Bash($"unshare -n $A run -- python3 $WORK/connect.py {name}").Silent());
    }

    private static string Quoted(string script) => $"'{script.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private void Sees(string before, string cpus, int policy, int nice, string io)
    {
        Outcome outcome = shared.Get().Shell.Bash($"{before} $A run -- {Show}");
        outcome.Silent();
        Assert.Equal([cpus, policy.ToString(CultureInfo.InvariantCulture), nice.ToString(CultureInfo.InvariantCulture), io], outcome.Lines);
    }

    private static string RecordedNetwork(Service service, string statusFile)
    {
        string id = JsonDocument.Parse(File.ReadAllLines(statusFile)[^1]).RootElement.GetProperty("id").GetString()!;
        string line = service.LedgerText().Split('\n').Single(l => l.Contains("\"type\":\"admitted\"", StringComparison.Ordinal) && l.Contains(id, StringComparison.Ordinal));
        return JsonDocument.Parse(line).RootElement.GetProperty("site").GetProperty("network").GetString()!;
    }

    // Processes in a network namespace, or with its file open: when there is none, it is gone.
    private static List<string> Holders(string network)
    {
        List<string> holders = [];
        foreach (HostProcess process in HostProcess.All())
        {
            try
            {
                if (new FileInfo($"/proc/{process.Pid}/ns/net").LinkTarget == network
                    || Directory.GetFileSystemEntries($"/proc/{process.Pid}/fd").Any(f => new FileInfo(f).LinkTarget == network))
                    holders.Add($"{process.Name} {process.Pid}");
            }
            catch (IOException)
            {
                // gone meanwhile
            }
        }

        return holders;
    }
}
