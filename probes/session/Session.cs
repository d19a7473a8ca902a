using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>
/// One run of probes on one stage: a pilot with secrets beside it, a victim on the stage, the attackers on the stage, and afterwards a look
/// at what is left. The stage alone tells a run as payloads from a self-test.
/// </summary>
internal sealed class Session(IStage stage, string run, string directory, IReadOnlyList<string> environment)
{
    private const double StartSeconds = 40;
    private const double PayloadSeconds = 60;
    private readonly List<Attempt> _attempts = [];

    /// <summary>What the victim's payload was, null where there was none or it was bare.</summary>
    public PayloadStatus? Victim { get; private set; }

    /// <summary>The same of the attacker's.</summary>
    public PayloadStatus? Attacker { get; private set; }

    /// <summary>Runs the probes.</summary>
    /// <returns>Every attempt; or why the pilot or the victim could not be set up.</returns>
    public (IReadOnlyList<Attempt> Attempts, string? Fault) Run(IReadOnlyList<Probe> probes)
    {
        using Running pilot = Running.Start(Programs.Separation, ["plant", run, "pilot", directory, Secret.New(run, "pilot", "argument")],
            [.. environment, "PILOT_TOKEN=" + Secret.New(run, "pilot", "variable")], null);
        using Started victim = stage.Start($"/separation/{run}/victim", ["plant", run, "victim", "", Secret.New(run, "victim", "argument")],
            new Needs { Environment = ["VICTIM_TOKEN=" + Secret.New(run, "victim", "variable")] });
        if (Plants(pilot, "pilot") is not { } pilots)
            return ([], $"the pilot's process told nothing: {pilot.Errors}");
        if (Plants(victim.Process, "victim") is not { } victims)
        {
            victim.Process.Wait(5);
            return ([], $"the victim's payload told nothing: {PayloadStatus.Read(victim.StatusFile)?.Ending} {victim.Process.Errors}");
        }

        Victim = Status(victim);
        Target target = new Target(new Dictionary<string, string>
        {
            ["run"] = run,
            ["bare"] = stage.Separates ? "" : "yes",
            ["victim.hostpid"] = Text(Victim?.Pid ?? victim.Process.Pid),
            ["victim.cgroup"] = Victim?.Cgroup ?? "",
        }).With(ServiceView.Facts(environment)).With(pilots).With(victims);

        Together(probes, target);
        foreach (Probe probe in probes.Where(p => p.Place is Place.Alone or Place.Terminal))
            Alone(probe, target);
        foreach (Probe probe in probes.Where(p => p.Place == Place.Pilot))
            probe.Run(Outside(probe, target));
        AskPlants(pilot, "the pilot", probes);
        AskPlants(victim.Process, "the victim", probes);
        End(pilot);
        End(victim.Process);
        return (_attempts, null);
    }

    private Attack Outside(Probe probe, Target target) => new(probe.Id, target, _attempts.Add);

    private void Together(IReadOnlyList<Probe> probes, Target target)
    {
        string[] ids = [.. probes.Where(p => p.Place is Place.Together or Place.MainProcess).Select(p => p.Id)];
        if (ids.Length == 0)
            return;
        using Descriptor file = Sys.Open(null, directory, Sys.O_RDONLY | Sys.O_DIRECTORY), proxy = Sys.Open(null, target["pilot.proxy"], Sys.O_RDONLY);
        using Started attacker = stage.Start($"/separation/{run}/attacker", ["attack", string.Join(',', ids), .. target.Words], new Needs
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

        using (Started attacker = stage.Start($"/separation/{run}/attacker", ["attack", probe.Id, .. target.Words],
            new Needs { Limits = probe.Limits, Input = terminal?.Slave }))
        {
            attacker.Process.EndInput();
            Collect(attacker, [probe.Id]);
            target = target.With([new("ending", PayloadStatus.Read(attacker.StatusFile)?.Ending ?? "")]);
        }

        probe.After?.Invoke(Outside(probe, target));
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

    private static Dictionary<string, string>? Plants(Running process, string prefix)
    {
        try
        {
            if (process.NextLine(StartSeconds) is not { } line)
                return null;
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.EnumerateObject().ToDictionary(m => $"{prefix}.{m.Name}", m => Printable.Of(m.Value.GetString() ?? ""));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private void AskPlants(Running process, string whose, IReadOnlyList<Probe> probes)
    {
        // A process that is stopped or gone does not answer: that is what B2 tries.
        if (!probes.Any(p => p.Id == "B2"))
            return;
        process.Write("check");
        string answer = process.NextLine(5) ?? "no answer";
        _attempts.Add(new Attempt("B2", $"ask {whose} whether it is as it was", answer == "untouched" ? Outcome.Held : Outcome.Broke, Printable.Of(answer)));
    }

    // The payload's own first line can come before the client has told that it runs.
    private static PayloadStatus? Status(Started payload)
    {
        for (int i = 0; i < 100 && payload.StatusFile is not null; i++)
        {
            if (PayloadStatus.Read(payload.StatusFile) is { Pid: > 0 } running)
                return running;
            Kernel.Pause(20);
        }

        return PayloadStatus.Read(payload.StatusFile);
    }

    private static void End(Running process)
    {
        process.EndInput();
        process.Wait(10);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
