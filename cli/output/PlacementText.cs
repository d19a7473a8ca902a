namespace Isolation.Cli;

/// <summary>Places and limits for people.</summary>
internal static class PlacementText
{
    /// <summary>The place that a payload got.</summary>
    public static string? Of(JsonView placement)
    {
        if (placement["position"u8].Text is not { } position)
            return null;
        string text = $"{position}: holds {List(placement["holds"u8])}";
        if (placement["lost"u8].Items.Count > 0)
            text += $"; left behind: {List(placement["lost"u8])}";
        if (placement["notEnforced"u8].Items.Count > 0)
            text += $"; not enforced: {List(placement["notEnforced"u8])}";
        return placement["why"u8].Text is { } why ? $"{text}; {why}" : text;
    }

    /// <summary>What is demanded of a place.</summary>
    public static string Demand(JsonView demand)
        => $"must {List(demand["must"u8])}; want {List(demand["want"u8])}; may lose {List(demand["mayLose"u8])}; limits: {demand["limits"u8].Text}";

    /// <summary>Limits, by the names of <c>--limit</c>.</summary>
    public static string? Limits(JsonView limits)
    {
        List<string> texts = [];
        foreach ((string member, JsonView value) in limits.Members)
        {
            if (value.Number is not long number)
                continue;
            texts.Add(member switch
            {
                "wallMilliseconds" => "wall " + DurationText.Of(number),
                "memoryBytes" => "memory " + SizeText.Of(number),
                "swapBytes" => "swap " + SizeText.Of(number),
                "processes" => $"pids {PayloadText.Number(value)}",
                "cpuWeight" => $"cpu-weight {PayloadText.Number(value)}",
                "milliCpus" => "cpus " + CpusText.Of(number),
                "ioWeight" => $"io-weight {PayloadText.Number(value)}",
                "openFiles" => $"files {PayloadText.Number(value)}",
                "scratchBytes" => "scratch " + SizeText.Of(number),
                _ => $"{member} {PayloadText.Number(value)}",
            });
        }

        return texts.Count == 0 ? null : string.Join(", ", texts);
    }

    private static string List(JsonView names) => names.Items.Count == 0 ? "nothing" : string.Join(", ", names.Items.Select(n => n.Text));
}
