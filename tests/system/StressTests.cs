using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace Isolation.Service.Tests;

/// <summary>Promise: 500 runs from 8 clients at a time: every exit code right, the ledger verifies, and nothing is left, in the service's processes neither.</summary>
public sealed class StressTests(ITestOutputHelper output)
{
    private const int Clients = 8;
    private const int Runs = 500;

    [SkippableFact]
    public void ManyConcurrentRunsAreAllRightAndLeaveNothing()
    {
        using Service service = Service.Start();
        service.Shell.Bash("$A run -- true").Silent();
        Until.True(() => service.WarmRooms() == 4, 10, () => $"{service.WarmRooms()} rooms built ahead"); // they are the warden's to keep
        int daemonBefore = Descriptors(service.Daemon.Id), wardenBefore = Descriptors(service.Warden!.Value);
        string cells = string.Join('\n', service.Cells());
        var time = Stopwatch.StartNew();
        Outcome outcome = service.Shell.Bash($$"""
            one() {
                local i n=0
                for ((i = $1; i < {{Runs}}; i += {{Clients}})); do
                    $A run --claim /each/$((i % 37)) -- sh -c "exit $((i % 200))"
                    [ $? -eq $((i % 200)) ] || echo "run $i: wrong"
                    n=$((n + 1))
                done
                echo "done $n"
            }
            for c in $(seq 0 {{Clients - 1}}); do one $c & done
            wait
            """, seconds: 180);
        output.WriteLine($"{Runs} runs from {Clients} clients: {time.Elapsed.TotalSeconds:0.0} s");
        Assert.True(outcome.Errors.Length == 0, outcome.Errors);
        Assert.DoesNotContain("wrong", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(Runs, outcome.Lines.Sum(l => int.Parse(l.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)));
        service.VerifyLedger();
        Assert.Equal(Runs + 1, Regex.Count(service.LedgerText(), "\"type\":\"ended\""));
        Until.True(() => service.Cells().Length == 0, 10, () => "leaves left: " + string.Join(", ", service.Cells()));
        Assert.Equal("", cells);
        Until.True(() => service.Rooms().Length == 0 && CellInits(service) == service.WarmRooms(), 10, () => $"{service.Rooms().Length} rooms, {CellInits(service)} cell-inits, {service.WarmRooms()} rooms built ahead");
        Until.True(() => Descriptors(service.Daemon.Id) <= daemonBefore + 5, 5, () => $"isolationd had {daemonBefore} descriptors and has {Descriptors(service.Daemon.Id)}");
        Until.True(() => Descriptors(service.Warden!.Value) <= wardenBefore + 5 && service.WarmRooms() == 4, 5, () => $"the warden had {wardenBefore} descriptors and has {Descriptors(service.Warden!.Value)}");
    }

    private static int CellInits(Service service)
        => HostProcess.All().Count(p => p.Name == "cell-init" && p.CommandLine.Contains(service.Root, StringComparison.Ordinal));

    private static int Descriptors(int pid) => Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length;
}
