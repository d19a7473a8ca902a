namespace Isolation.Cli;

/// <summary>The levels, for people.</summary>
internal static class LevelsText
{
    /// <summary>A line for each: ready, or why not and what to do.</summary>
    public static string Of(JsonView all)
    {
        Columns levels = new("LEVEL", "READY", "ROOMS", "WHY NOT, AND WHAT TO DO");
        foreach (JsonView level in all.Items)
        {
            bool ready = level["ready"u8].IsTrue;
            levels.Add(level["level"u8].Text, ready ? "yes" : "no", string.Join(", ", level["kinds"u8].Items.Select(k => k.Text)),
                ready ? null : FailureLine.Sentence(level["cause"u8].Text ?? "", level["fix"u8].Text));
        }

        return levels.Text();
    }
}
