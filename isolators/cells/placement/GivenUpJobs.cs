using System.Collections.Concurrent;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// Removes directories of ended batch jobs that their batch system could not remove because a payload's leaf was still in them. Looks once a
/// second at those in which leaves were made, and touches none before the batch system has given it up where it keeps track of the job.
/// Removes as well what was left of a cell whose processes could not die, because the batch system had suspended the job.
/// </summary>
public sealed class GivenUpJobs : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private const int MostTries = 600; // after the batch system has given it up
    private readonly ConcurrentDictionary<JobDirectory, int> _tries = new();
    private readonly ConcurrentDictionary<LeftCell, bool> _left = new();
    private readonly ITimer _timer;
    private int _isLooking;

    /// <summary>Begins to look.</summary>
    public GivenUpJobs(TimeProvider clock) => _timer = clock.CreateTimer(_ => Look(), null, Interval, Interval);

    /// <summary>A leaf was made in this directory, and is gone.</summary>
    public void Watch(JobDirectory directory) => _tries.TryAdd(directory, 0);

    /// <summary>A cell is over, and this of it is still there. Takes both over.</summary>
    public void Take(Leaf leaf, Scratch scratch) => _left.TryAdd(new LeftCell(leaf, scratch), true);

    /// <summary>Looks now, unless somebody does: rmdir can block.</summary>
    public void Look()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) == 1)
            return;
        LookAtEach();
        Volatile.Write(ref _isLooking, 0);
    }

    private void LookAtEach()
    {
        foreach (LeftCell left in _left.Keys)
        {
            if (!left.TryRemove() || !_left.TryRemove(left, out _))
                continue;
            foreach (JobDirectory job in left.Leaf.Plan.Jobs)
                Watch(job);
            left.Dispose();
        }

        foreach ((JobDirectory directory, int tries) in _tries)
        {
            if (IsDone(directory) || (Exists(directory.GuardMount + directory.GuardPath) is false && tries >= MostTries))
                _tries.TryRemove(directory, out _);
            else if (!Exists(directory.GuardMount + directory.GuardPath))
                _tries[directory] = tries + 1;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    // True when the topmost one is gone. From below: a directory can go only after those in it.
    private static bool IsDone(JobDirectory directory)
    {
        for (string path = directory.Path; path.Length >= directory.Top.Length; path = path[..path.LastIndexOf('/')])
        {
            string guard = (directory.GuardPath + "/").StartsWith(path + "/", StringComparison.Ordinal) ? path : directory.GuardPath;
            if (Exists(directory.GuardMount + guard))
                return false;
            _ = Sys.TryRemoveDirectory(directory.Mount + path, out _);
        }

        return !Exists(directory.Mount + directory.Top);
    }

    private static bool Exists(string path) => CgroupDirectory.Look(path) is not null;
}
