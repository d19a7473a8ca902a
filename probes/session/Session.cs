using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>
/// One run of probes on one stage: a pilot with secrets beside it, a victim on the stage, the attackers on the stage, and afterwards a look
/// at what is left. The stage alone tells a run as payloads from a self-test.
/// </summary>
internal sealed partial class Session(IStage stage, string run, string directory, IReadOnlyList<string> environment)
{
    private const double StartSeconds = 40;
    private const double PayloadSeconds = 60;
    private const double StuckSeconds = 45;
    private const int BeforeKillMilliseconds = 300; // it says that it reads, and does so then
    private const int Asks = 4;
    private readonly List<Attempt> _attempts = [];

    /// <summary>What the victim's payload was, null where there was none or it was bare.</summary>
    public PayloadStatus? Victim { get; private set; }

    /// <summary>The same of the attacker's.</summary>
    public PayloadStatus? Attacker { get; private set; }

    /// <summary>The records of the service, where root has started this.</summary>
    public Ledger? Ledger { get; init; }

    /// <summary>A file system that sleeps, where root has made one.</summary>
    public Sleeper? Sleeper { get; init; }

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
        }).With(ServiceView.Facts(environment)).With(stage.Facts(Attackers)).With(pilots).With(victims);

        if (!stage.Separates)
            target = target.With([new("service.ledger", NaiveLedger()), new("service.pid", pilots["pilot.pid"])]);
        Probe[] meanwhile = [.. probes.Where(p => p.Place == Place.Meanwhile)];
        Started? stuck = BeginStuck(meanwhile, target);
        Together(probes, target);
        foreach (Probe probe in probes.Where(p => p.Place is Place.Alone or Place.Terminal))
            Alone(probe, target);
        foreach (Probe probe in probes.Where(p => p.Place == Place.Pilot))
            FromOutside(probe, probe.Run, target);
        LookAtStuck(meanwhile, stuck, target);
        AskPlants(pilot, "the pilot", pilot.Pid, probes);
        AskPlants(victim.Process, "the victim", target.Number("victim.hostpid"), probes);
        End(pilot);
        End(victim.Process);
        return (_attempts, null);
    }

    // Records that anybody may change who has the pilot's rights.
    private string NaiveLedger()
    {
        Directory.CreateDirectory(directory + "/ledger");
        Kernel.WriteFile($"{directory}/ledger/{G9.First}", "{\"type\":\"admitted\"}\n", 0x180);
        return directory + "/ledger";
    }

    private string Attackers => $"/separation/{run}/attacker";

    // What a probe of the pilot's side does wrong costs itself only.
    private void FromOutside(Probe probe, Action<Attack> look, Target target, Started? payload = null)
    {
        try
        {
            look(Outside(probe, target, payload));
        }
        catch (Exception e)
        {
            _attempts.Add(new Attempt(probe.Id, "the probe", Outcome.Failed, Printable.Of($"{e.GetType().Name}: {e.Message}")));
        }
    }

    private Attack Outside(Probe probe, Target target, Started? payload = null)
        => new(probe.Id, target, _attempts.Add) { Outside = new Outside(stage, run, Ledger) { Payload = payload, Sleeper = Sleeper } };

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

    private void AskPlants(Running process, string whose, int pid, IReadOnlyList<Probe> probes)
    {
        // A process that is stopped or gone does not answer: that is what B2 tries. One that only waits for its turn on a busy host does, later.
        if (!probes.Any(p => p.Id == "B2"))
            return;
        process.Write("check");
        string? answer = null;
        string state = "";
        for (int ask = 0; ask < Asks && answer is null && !IsOver(state); ask++)
        {
            answer = process.NextLine(5);
            state = Kernel.StatusField(Kernel.Text($"/proc/{pid}/status"), "State");
        }

        _attempts.Add(new Attempt("B2", $"ask {whose} whether it is as it was", answer == "untouched" ? Outcome.Held : Outcome.Broke, Printable.Of(answer ?? $"no answer; its state: {state}")));
    }

    private static bool IsOver(string state) => state.Length > 0 && state[0] is not ('R' or 'S' or 'D');

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
