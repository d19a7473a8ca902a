using System.Diagnostics;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Kills isolationd, the warden, or both, at random moments, and brings back what is dead.</summary>
internal sealed class Disasters(Service service, Random random)
{
    private readonly Dictionary<string, int> _counts = [];
    private int _begun, _over;
    private TimeSpan _away;

    /// <summary>How many of each there were.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>How long it took, on the average, until all was ready again after the command to bring it back.</summary>
    public TimeSpan Back => _away / Math.Max(1, _over);

    /// <summary>A moment, for <see cref="WereSince"/>.</summary>
    public int Now => Volatile.Read(ref _over);

    /// <summary>True when anything was dead, or not quite back, since that moment.</summary>
    public bool WereSince(int moment) => Volatile.Read(ref _begun) > moment;

    /// <summary>Goes on until the load is over; then everything is back.</summary>
    public async Task RunAsync(CancellationToken over)
    {
        while (await PauseAsync(random.Next(300, 4000), over))
        {
            (string kind, bool isolationd, bool warden) = random.Next(3) switch
            {
                0 => ("isolationd", true, false),
                1 => ("warden", false, true),
                _ => ("both", true, true),
            };
            Assert.False(service.Daemon.HasExited, "isolationd has ended by itself\n" + service.Log);
            Assert.True(service.Warden is not null, "the warden has ended by itself\n" + service.Log);
            Interlocked.Increment(ref _begun);
            if (isolationd)
                service.StopDaemon(9);
            if (warden)
                service.KillWarden();
            await PauseAsync(random.Next(4) == 0 ? random.Next(3000) : random.Next(400), CancellationToken.None);
            var back = Stopwatch.StartNew();
            if (isolationd)
                service.Launch();
            else
                service.BringBackWarden();
            Until.True(IsReady, 30, () => "the service is not ready again\n" + service.Log);
            _away += back.Elapsed;
            Interlocked.Increment(ref _over);
            _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        }
    }

    private bool IsReady()
    {
        Outcome outcome = service.Shell.Bash("$ROOT status --json");
        if (outcome.Code != 0)
            return false;
        JsonElement status = JsonDocument.Parse(outcome.Output).RootElement;
        return status.GetProperty("warden").GetProperty("ready").GetBoolean()
            && status.GetProperty("levels").EnumerateArray().All(l => l.GetProperty("ready").GetBoolean() || l.GetProperty("level").GetString() is not ("log-only" or "setuid"));
    }

    private static async Task<bool> PauseAsync(int milliseconds, CancellationToken over)
    {
        try
        {
            await Task.Delay(Until.Deadline(milliseconds / 1000.0), over);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
