using System.Text;

namespace Isolation.Cli;

/// <summary>What doctor found, for people.</summary>
internal static class DiagnosisText
{
    /// <summary>The findings, what is missing first; then positions and levels where they are told.</summary>
    public static string Of(JsonView diagnosed)
    {
        Columns findings = new("TOPIC", "STATE", "WHAT, AND WHAT TO DO");
        foreach (JsonView one in diagnosed["findings"u8].Items.OrderBy(f => f["state"u8].Text switch { "missing" => 0, "note" => 1, _ => 2 }))
            findings.Add(one["topic"u8].Text, one["state"u8].Text, FailureLine.Sentence(one["what"u8].Text ?? "", one["fix"u8].Text));
        StringBuilder text = new(findings.Text());
        if (diagnosed["survey"u8] is { IsMissing: false, IsNull: false } survey)
            text.Append('\n').Append(SurveyText.Of(survey));
        if (!diagnosed["levels"u8].IsMissing)
            text.Append('\n').Append(LevelsText.Of(diagnosed["levels"u8]));
        text.Append('\n').Append(diagnosed["ready"u8].IsTrue ? "Nothing is missing.\n" : "Something is missing: see the first lines.\n");
        return text.ToString();
    }
}
