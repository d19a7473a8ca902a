namespace Isolation.Cli;

/// <summary>What each position would hold, for people.</summary>
internal static class SurveyText
{
    /// <summary>A line for each position; or why there is none.</summary>
    public static string Of(JsonView survey)
    {
        if (survey["why"u8].Text is { } why)
            return Printable.Of("positions: " + FailureLine.Sentence(why, survey["fix"u8].Text)) + "\n";
        string? taken = survey["position"u8].Text;
        Columns table = new("POSITION", "TAKEN", "HOLDS", "LEFT BEHIND", "NOT ENFORCED", "WHY NOT, AND WHAT TO DO");
        foreach (JsonView one in survey["positions"u8].Items)
        {
            string? reason = one["whyNot"u8].Text ?? one["why"u8].Text;
            table.Add(one["position"u8].Text, one["position"u8].Text == taken ? "yes" : "no", List(one["holds"u8]), List(one["lost"u8]), List(one["notEnforced"u8]),
                reason is null ? null : FailureLine.Sentence(reason, one["fix"u8].Text));
        }

        return table.Text();
    }

    private static string List(JsonView names) => string.Join(", ", names.Items.Select(n => n.Text));
}
