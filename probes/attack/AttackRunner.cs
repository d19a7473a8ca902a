using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>
/// The attacker: runs its probes one after the other, each in a process of its own, so that one which is killed (by the filter, say) or
/// never returns costs itself only.
/// </summary>
internal static class AttackRunner
{
    private const int DeadlineSeconds = 8;

    /// <summary>The mode <c>attack ID,… KEY=VALUE…</c>.</summary>
    public static int Start(string[] words, IReadOnlyList<string> environment)
    {
        Target target = Target.Parse(words.Skip(1));
        Probe[] probes = [.. words[0].Split(',').Select(ProbeCatalog.Find)];
        foreach (Probe probe in probes.Where(p => p.Place is Place.MainProcess or Place.Meanwhile))
            Try(probe, target);
        foreach (Probe probe in probes.Where(p => p.Place is not (Place.MainProcess or Place.Meanwhile)))
            Spawn(probe, target, environment);
        return 0;
    }

    /// <summary>The mode <c>try ID KEY=VALUE…</c>: one probe, in this process.</summary>
    public static int TryOne(string[] words)
    {
        Try(ProbeCatalog.Find(words[0]), Target.Parse(words.Skip(1)));
        return 0;
    }

    private static void Try(Probe probe, Target target)
    {
        try
        {
            probe.Run(new Attack(probe.Id, target, Print));
        }
        catch (Exception e)
        {
            Print(new Attempt(probe.Id, "the probe", Outcome.Failed, Printable.Of($"{e.GetType().Name}: {e.Message}")));
        }
    }

    private static void Spawn(Probe probe, Target target, IReadOnlyList<string> environment)
    {
        using Descriptor input = new(0), output = new(1), errors = new(2);
        string program = Environment.ProcessPath ?? "/proc/self/exe";
        int pid = Sys.TrySpawn(program, [program, "try", probe.Id, .. target.Words], environment, [input, output, errors], newSession: false);
        input.Release();
        output.Release();
        errors.Release();
        if (pid < 0)
        {
            Print(new Attempt(probe.Id, "start a process", Outcome.Failed, ErrnoName.Of(-pid)));
            return;
        }

        using PidFd? child = PidFd.TryOpen(pid, out _);
        if (child is null)
            return;
        if (Sys.Poll(child, PollEvents.In, DeadlineSeconds * 1000) == PollEvents.None)
        {
            Print(new Attempt(probe.Id, "the rest of the probe", Outcome.Failed, $"not over after {DeadlineSeconds} s"));
            child.Signal(9);
            Sys.Poll(child, PollEvents.In, 1000);
        }
        else if (Sys.WaitFor(child, reap: false) is { } end && (!end.IsExit || end.Value != 0))
        {
            Print(!end.IsExit && end.Value == 9 && probe.KilledMeans is { } meaning
                ? new Attempt(probe.Id, "go on", Outcome.Held, meaning)
                : new Attempt(probe.Id, "the rest of the probe", Outcome.Failed, end.IsExit ? $"exit code {end.Value}" : $"killed by signal {end.Value}"));
        }

        Sys.Reap(pid);
    }

    private static void Print(Attempt attempt)
    {
        using Descriptor output = new(1);
        Sys.WriteAll(output, AttemptLine.Of(attempt));
        output.Release();
    }
}
