namespace Isolation.Probes;

/// <summary>What a probe has that looks at payloads from the pilot's side.</summary>
/// <param name="Stage">Where it can start more of them.</param>
/// <param name="Run">The run's name.</param>
/// <param name="Ledger">The records; null where root did not start this.</param>
internal sealed record Outside(IStage Stage, string Run, Ledger? Ledger)
{
    /// <summary>The probe's own payload where it is still there; for <see cref="Place.Meanwhile"/>.</summary>
    public Started? Payload { get; init; }

    /// <summary>What that one is stuck in.</summary>
    public Sleeper? Sleeper { get; init; }

    /// <summary>A subject of this run.</summary>
    public string Subject(string who) => $"/separation/{Run}/{who}";

    /// <summary>Starts a payload of a neighbour's that ends at once: null when it did, within so many seconds, else what came instead.</summary>
    public string? Neighbour(double seconds, out PayloadStatus? status, string who = "neighbour")
    {
        using Started payload = Stage.Start(Subject(who), ["wait", "0"], new Needs());
        payload.Process.EndInput();
        Isolation.Linux.ChildEnd? end = payload.Process.Wait(seconds);
        status = PayloadStatus.Read(payload.StatusFile);
        return end is { IsExit: true, Value: 0 } ? null : end is null ? $"not over after {seconds} s" : $"{(end.Value.IsExit ? "exit code" : "signal")} {end.Value.Value} {status?.Ending} {payload.Process.Errors}";
    }
}
