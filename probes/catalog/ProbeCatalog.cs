namespace Isolation.Probes;

/// <summary>Every probe there is, in the order of the list in docs/separation.md.</summary>
internal static class ProbeCatalog
{
    public static readonly IReadOnlyList<Probe> All =
    [
        A1.Probe, A2.Probe, A3.Probe, A4.Probe, A6.Probe, A7.Probe, A8.Probe, A9.Probe, A11.Probe,
    ];

    /// <summary>What the list names and no payload here tries, with the reason.</summary>
    public static readonly IReadOnlyList<(string Id, string Why)> NotYet =
    [
        ("A10", "joins with the renewal of credentials"),
        ("B7", "joins with accounts that are lent again, and their quarantine"),
        ("E10", "joins with accounts"),
        ("E11", "joins with restarts"),
        ("E12", "joins with restarts"),
        ("E13", "joins with restarts"),
        ("F11", "joins with the long run"),
        ("F13", "joins with the long run"),
    ];

    /// <summary>The probe of that id.</summary>
    public static Probe Find(string id) => All.FirstOrDefault(p => p.Id == id) ?? throw new ArgumentException($"there is no probe {id}", nameof(id));
}
