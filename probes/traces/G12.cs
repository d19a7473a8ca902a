using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>G12. A process that was there at some time, by its number or its uid, and nothing else: who was it? Bare, nobody knows.</summary>
internal static class G12
{
    private const double MostSeconds = 60;

    public static readonly Probe Probe = new("G12", "have run without a trace: be asked for afterwards by time, process number and uid alone", Run) { Place = Place.Pilot };

    private static void Run(Attack attack)
    {
        Outside outside = attack.Outside!;
        string subject = outside.Subject("asked-for");
        using Started payload = outside.Stage.Start(subject, ["idle"], new Needs());
        payload.Process.NextLine(20);
        PayloadStatus? running = null;
        for (int look = 0; look < 100 && payload.StatusFile is not null && running is not { Pid: > 0 }; look++)
        {
            running = PayloadStatus.Read(payload.StatusFile);
            Kernel.Pause(20);
        }

        DateTimeOffset then = TimeProvider.System.GetUtcNow();
        int pid = running?.Pid ?? payload.Process.Pid;
        payload.Process.EndInput();
        payload.Process.Wait(10);
        if (attack.Target.Has("bare"))
            attack.Broke($"ask who was process {pid}", "it has ended: /proc does not have it any more, and nothing was recorded");
        else if (outside.Ledger is not { } ledger)
            attack.Missing($"ask who was process {pid}", "records are an operator's to read: run it as root");
        else if (running is null)
            attack.Broke("start a payload", payload.Process.Errors);
        else
        {
            Ask(attack, $"ask who was process {pid} at {Ledger.Time(then)}", running, () => ledger.OfProcess(pid, then, MostSeconds));
            // At log-only a payload has its pilot's uid, and so have all of that pilot.
            if (running.Level != "log-only")
                Ask(attack, $"ask who was uid {running.Uid} at {Ledger.Time(then)}", running, () => ledger.OfAccount(running.Uid, then, MostSeconds));
        }
    }

    private static void Ask(Attack attack, string question, PayloadStatus asked, Func<IReadOnlyList<JsonElement>?> ask)
    {
        long since = Stopwatch.GetTimestamp();
        IReadOnlyList<JsonElement>? records = ask();
        string took = string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(since).TotalSeconds:0.00} s");
        string Of(string type, params string[] path) => (records ?? []).Where(r => Ledger.Member(r, "type") == type).Select(r => Ledger.Member(r, path)).FirstOrDefault() ?? "";
        string[] answer = [Of("admitted", "payload"), Of("admitted", "decision", "identity", "subject"), Of("admitted", "pilot", "uid"), Of("admitted", "command", "digest"), Of("started", "pid"), Of("ended", "ending", "kind")];
        if (answer[0] == asked.Id && answer.All(a => a.Length > 0))
            attack.Held(question, $"in {took}: payload {answer[0]} of {answer[1]}, started by pilot {answer[2]}, command {answer[3][..12]}, {answer[5]}");
        else
            attack.Broke(question, $"in {took}: {(records is null ? "no answer" : string.Join(", ", answer))}, where it was {asked.Id}");
    }
}
