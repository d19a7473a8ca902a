using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>What was looked at, in order.</summary>
internal sealed class Diagnosis
{
    private const int Most = 64;
    private const int LongestText = 2000; // characters
    private readonly List<WireDiagnosis> _findings = [];

    public IReadOnlyList<WireDiagnosis> Findings => _findings;

    /// <summary>True when nothing is missing.</summary>
    public bool IsReady => !_findings.Exists(f => f.State == "missing");

    /// <summary>It is as it should be.</summary>
    public void Holds(string topic, string what) => Add(topic, "holds", what, null);

    /// <summary>Without it a payload does not run, or without something that policy wants.</summary>
    public void Missing(string topic, string what, string? fix) => Add(topic, "missing", what, fix);

    /// <summary>Good to know; it stops nothing.</summary>
    public void Note(string topic, string what, string? fix = null) => Add(topic, "note", what, fix);

    private void Add(string topic, string state, string what, string? fix)
    {
        if (_findings.Count < Most)
            _findings.Add(new WireDiagnosis(topic, state, Cut(what), string.IsNullOrEmpty(fix) ? null : Cut(fix)));
    }

    private static string Cut(string text) => text.Length <= LongestText ? text : text[..LongestText];
}
