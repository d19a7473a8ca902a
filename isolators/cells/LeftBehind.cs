using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// What of ended cells could not be removed: the processes of a job that its batch system has suspended die only when it is resumed, which
/// may be hours later. Looks once a second, kills, removes what has become empty, and lets go of it. Says once that something is left and
/// once that it is gone. With its ticket another warden finds it again.
/// </summary>
public sealed class LeftBehind : IDisposable
{
    /// <summary>So many it holds, each with some twenty descriptors; what comes beyond them stays where it is, and that is said.</summary>
    public const int MostKept = 512;

    private const int BetweenLastLooks = 20; // milliseconds

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PatienceAtTheEnd = TimeSpan.FromSeconds(2);
    private readonly Lock _gate = new();
    private readonly Lock _looking = new();
    private readonly List<LeftCell> _kept = [];
    private readonly Action<string> _log;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;

    /// <summary>Begins to look.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="log">Takes one line an event.</param>
    public LeftBehind(TimeProvider clock, Action<string> log) => (_log, _clock, _timer) = (log, clock, clock.CreateTimer(_ => Look(), null, Interval, Interval));

    /// <summary>Something of a cell is left; it is this object's from now on.</summary>
    public void Keep(LeftCell left)
    {
        bool isKept;
        lock (_gate)
        {
            isKept = _kept.Count < MostKept;
            if (isKept)
                _kept.Add(left);
        }

        if (isKept)
        {
            _log($"{left.Name} is left: {left.What}. It is looked at until it can be removed.");
            return;
        }

        left.Dispose();
        _log($"{left.Name} is left: {left.What}. {MostKept} are looked at already, so this one is not. Fix: when its processes are gone, remove it by hand.");
    }

    /// <summary>Looks now, unless somebody does: rmdir can block.</summary>
    public void Look()
    {
        if (!_looking.TryEnter())
            return;
        try
        {
            LookAtEach();
        }
        finally
        {
            _looking.Exit();
        }
    }

    /// <summary>Looks on for the moment that what was killed needs to end, and says what stays.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        if (!_looking.TryEnter(PatienceAtTheEnd))
            return; // a look hangs in the kernel: it ends with this process
        try
        {
            long begun = _clock.GetTimestamp();
            LookAtEach();
            while (Kept().Length > 0 && _clock.GetElapsedTime(begun) < PatienceAtTheEnd)
            {
                _ = Sys.Poll([], BetweenLastLooks);
                LookAtEach();
            }

            foreach (LeftCell left in Kept())
            {
                _log($"{left.Name} stays: {left.What}. Fix: when its processes are gone, remove it by hand.");
                LetGo(left);
            }
        }
        finally
        {
            _looking.Exit();
        }
    }

    private void LookAtEach()
    {
        foreach (LeftCell left in Kept().Where(l => l.TryRemove()))
        {
            LetGo(left);
            _log($"{left.Name} is gone.");
        }
    }

    private LeftCell[] Kept()
    {
        lock (_gate)
            return [.. _kept];
    }

    private void LetGo(LeftCell left)
    {
        lock (_gate)
            _kept.Remove(left);
        left.Dispose();
    }
}
