using System.Diagnostics;
using System.Globalization;
using Isolation.Linux;

namespace Isolation.Probes;

internal sealed partial class Session
{
    private void Together(IReadOnlyList<Probe> probes, Target target)
    {
        string[] ids = [.. probes.Where(p => p.Place is Place.Together or Place.MainProcess).Select(p => p.Id)];
        if (ids.Length == 0)
            return;
        using Descriptor file = Sys.Open(null, directory, Sys.O_RDONLY | Sys.O_DIRECTORY), proxy = Sys.Open(null, target["pilot.proxy"], Sys.O_RDONLY);
        using Started attacker = stage.Start(Attackers, ["attack", string.Join(',', ids), .. target.Words], new Needs
        {
            CallersEnvironment = CallersEnvironment.Make(run),
            CallersFiles = [file, proxy],
        });
        attacker.Process.EndInput();
        Collect(attacker, ids);
        Attacker = PayloadStatus.Read(attacker.StatusFile);
    }

    private void Alone(Probe probe, Target target)
    {
        using Terminal? terminal = probe.Place == Place.Terminal ? Terminal.TryOpen() : null;
        if (probe.Place == Place.Terminal && terminal is null)
        {
            Outside(probe, target).Missing("open a terminal", "there is no /dev/ptmx");
            return;
        }

        using (Started attacker = stage.Start(Attackers, ["attack", probe.Id, .. target.Words], new Needs { Limits = probe.Limits, Input = terminal?.Slave }))
        {
            attacker.Process.EndInput();
            Collect(attacker, [probe.Id]);
            target = target.With(Facts(attacker));
            Attacker ??= PayloadStatus.Read(attacker.StatusFile);
        }

        if (probe.After is { } look)
            FromOutside(probe, look, target);
    }

    // One for all of them: what is stuck keeps its account out of use, and an account is not this command's to waste.
    private Started? BeginStuck(Probe[] probes, Target target)
    {
        if (Sleeper is { } asleep && probes.Length > 0) // the first one's run never returns: it comes last
            return stage.Start($"/separation/{run}/{E3.Subject}", ["attack", string.Join(',', Enumerable.Reverse(probes).Select(p => p.Id)), .. target.Words],
                new Needs { Limits = E3.Probe.Limits, Input = asleep.File });
        foreach (Probe probe in probes)
            Outside(probe, target).Missing("read from a file system that sleeps", "only root can give it one, where there is /dev/fuse");
        return null;
    }

    private void LookAtStuck(Probe[] probes, Started? payload, Target target)
    {
        if (payload is null)
            return;
        foreach (Probe _ in probes)
        {
            if (payload.Process.NextLine(StartSeconds) is { } line && AttemptLine.Parse(line) is { } attempt && probes.Any(p => p.Id == attempt.Probe))
                _attempts.Add(attempt);
        }

        // Where nothing separates there is no limit of time either.
        if (!stage.Separates)
        {
            Kernel.Pause(BeforeKillMilliseconds);
            payload.Process.Kill();
        }

        payload.Process.Wait(stage.Separates ? StuckSeconds : 0);
        Target its = target.With(Facts(payload));
        foreach (Probe probe in probes)
        {
            if (its.Number("payload.pid") > 0)
                FromOutside(probe, probe.After!, its, payload);
            else
                Outside(probe, its).Missing($"ask for {string.Join(' ', E3.Probe.Limits)}", $"{its["ending"]} {payload.Process.Errors}");
        }

        Sleeper?.Dispose();
        payload.Dispose();
    }

    private static IEnumerable<KeyValuePair<string, string>> Facts(Started payload)
    {
        PayloadStatus? status = PayloadStatus.Read(payload.StatusFile);
        yield return new("ending", status?.Ending ?? "");
        yield return new("payload.id", status?.Id ?? "");
        yield return new("payload.uid", status?.Uid.ToString(CultureInfo.InvariantCulture) ?? "");
        yield return new("payload.pid", Text(payload.StatusFile is null ? payload.Process.Pid : status?.Pid ?? -1));
        yield return new("payload.cgroup", status?.Cgroup ?? "");
    }

    private void Collect(Started attacker, IReadOnlyCollection<string> ids)
    {
        long since = Stopwatch.GetTimestamp();
        HashSet<string> heard = [];
        foreach (string line in attacker.Process.Lines(PayloadSeconds))
        {
            // What a payload prints is believed only of the probes that it was given.
            if (AttemptLine.Parse(line) is not { } attempt || !ids.Contains(attempt.Probe))
                continue;
            heard.Add(attempt.Probe);
            _attempts.Add(attempt);
        }

        ChildEnd? end = attacker.Process.Wait(Math.Max(5, PayloadSeconds - Stopwatch.GetElapsedTime(since).TotalSeconds));
        string ending = PayloadStatus.Read(attacker.StatusFile)?.Ending ?? "";
        foreach (Probe probe in ids.Where(i => !heard.Contains(i)).Select(ProbeCatalog.Find))
        {
            if (probe.Limits.Length > 0 && (ending.Contains("\"unavailable\"", StringComparison.Ordinal) || ending.Contains("\"refused\"", StringComparison.Ordinal)))
                _attempts.Add(new Attempt(probe.Id, $"ask for {string.Join(' ', probe.Limits)}", Outcome.NotApplicable, ending));
            else if (probe.KilledMeans is { } meaning && ending.Contains("out-of-memory", StringComparison.Ordinal))
                _attempts.Add(new Attempt(probe.Id, "go on", Outcome.Held, $"{meaning}: {ending}"));
            else if (probe.After is null)
                _attempts.Add(new Attempt(probe.Id, "the payload", Outcome.Failed,
                    $"told nothing; {(end is null ? "not over" : $"ended with {end.Value.Value}")} {ending} {attacker.Process.Errors}"));
        }
    }
}
