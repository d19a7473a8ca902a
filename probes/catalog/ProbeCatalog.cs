namespace Isolation.Probes;

/// <summary>Every probe there is, in the order of the list in docs/separation.md.</summary>
internal static class ProbeCatalog
{
    public static readonly IReadOnlyList<Probe> All =
    [
        A1.Probe, A2.Probe, A3.Probe, A4.Probe, A6.Probe, A7.Probe, A8.Probe, A9.Probe, A11.Probe,
        B1.Probe, B2.Probe, B3.Probe, B4.Probe, B5.Probe, B6.Probe, B8.Probe, B9.Probe, B10.Probe, B11.Probe, B12.Probe, B15.Probe, B16.Probe,
        C1.Probe, C2.Probe, C3.Probe, C4.Probe, C6.Probe, C8.Probe, C9.Probe, C10.Probe, C11.Probe, C12.Probe, C13.Probe, C14.Probe, C15.Probe, C17.Probe, C18.Probe,
        D1.Probe, D2.Probe, D3.Probe, D4.Probe, D5.Probe, D6.Probe, D7.Probe,
        E1.Probe, E2.Probe, E3.Probe, E5.Probe, E6.Probe, E14.Probe,
        F1.Probe, F2.Probe, F2.Swap, F5.Probe, F6.Probe, F7.Probe, F8.Probe, F9.Probe, F10.Probe, F2.Innocents,
        G1.Probe, G2.Probe, G4.Probe, G5.Probe, G6.Probe, G9.Probe, G12.Probe,
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
        ("G7", "no payload reaches the disk of the records; held by LedgerTests.AFullDiskStartsNothingAndSaysSo and LedgerTests.ADiskThatFillsUpLaterLosesNoEnding"),
        ("G8", "no payload ends the service between record and start; the order is held by PayloadRunnerOrderTests.NothingStartsWhileTheRecordIsNotDurable, what a death leaves by LogOnlyTests.AServiceThatDiesBeforeTheGoLetsNothingRun; with the service's restart it joins E11"),
        ("G10", "joins with credentials: in this version a pilot is known by its uid, and a subject only by the word of a pilot that policy trusts"),
        ("G11", "joins with ban lists: in this version policy's rules refuse the next payload, and an operator's kill ends a running one (ExitCodeTests.AnOperatorsSignalIs248AndSaysWho)"),
    ];

    /// <summary>The probe of that id.</summary>
    public static Probe Find(string id) => All.FirstOrDefault(p => p.Id == id) ?? throw new ArgumentException($"there is no probe {id}", nameof(id));
}
