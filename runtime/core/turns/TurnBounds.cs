namespace Isolation.Core;

/// <summary>How many setups are under way at a time, and how many may wait for theirs.</summary>
/// <param name="AtOnce">Setups at a time; at least 1.</param>
/// <param name="WaitingOfPilot">Requests of one uid in one batch job that wait; at least 1.</param>
/// <param name="WaitingOfUid">Requests of one uid that wait, its jobs together. Past it each of its jobs still has one place, so that none is shut out by another.</param>
/// <param name="Longest">A turn that is held for longer is given to the next: a setup that hangs must not hold up everybody for ever.</param>
public sealed record TurnBounds(int AtOnce, int WaitingOfPilot, int WaitingOfUid, TimeSpan Longest)
{
    private const int LeastAtOnce = 4;

    /// <summary>
    /// For a host of so many processors. A setup also waits, for the warden, the kernel's locks and a disk: twice as many as processors keep them
    /// busy, and more only make each of them slower (on 2 processors 250 payloads take as long with 4 at a time as with 64, and another pilot's
    /// single one 0.15 s instead of 1.8 s). A uid has 1,024 connections, hence requests; a quarter may wait in one job and half in all, so that it
    /// can still ask for something else while they do.
    /// </summary>
    public static TurnBounds ForProcessors(int count) => new(Math.Max(LeastAtOnce, 2 * count), 256, 512, TimeSpan.FromSeconds(30));
}
