using System.Collections.Concurrent;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// Removes directories of ended batch jobs that their batch system could not remove because a payload's leaf was still in them. Looks once a
/// second at those in which leaves were made, and touches none before the batch system has given it up where it keeps track of the job.
/// </summary>
public sealed class GivenUpJobs : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private const int MostTries = 600; // after the batch system has given the job up
    private readonly ConcurrentDictionary<JobDirectory, int> _tries = new();
    private readonly Lock _looking = new();
    private readonly ITimer _timer;

    /// <summary>Begins to look.</summary>
    public GivenUpJobs(TimeProvider clock) => _timer = clock.CreateTimer(_ => Look(), null, Interval, Interval);

    /// <summary>A leaf was made in this directory, and is gone.</summary>
    public void Watch(JobDirectory directory) => _tries.TryAdd(directory, 0);

    /// <summary>Looks now, unless somebody does: rmdir can block.</summary>
    public void Look()
    {
        if (!_looking.TryEnter())
            return;
        try
        {
            foreach ((JobDirectory directory, int tries) in _tries)
            {
                RemoveWhatIsGivenUp(directory);
                if (!Exists(directory.Mount + directory.Top) || tries >= MostTries)
                    _tries.TryRemove(directory, out _);
                else if (IsGivenUp(directory, directory.Top))
                    _tries[directory] = tries + 1;
            }
        }
        finally
        {
            _looking.Exit();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    // From below: a directory can go only after those in it.
    private static void RemoveWhatIsGivenUp(JobDirectory directory)
    {
        for (string path = directory.Path; path.Length >= directory.Top.Length && IsGivenUp(directory, path); path = path[..path.LastIndexOf('/')])
        {
            if (path.Length > directory.Top.Length || directory.GuardMount != directory.Mount)
                _ = Sys.TryRemoveDirectory(directory.Mount + path, out _);
            else
                RemoveWhereNoStepBegins(directory.Mount + path);
        }
    }

    // With one hierarchy a directory of the step speaks for all; a job's that has other steps cannot be removed. With several, where the batch
    // system keeps track of the job only down to its steps, a step's directory speaks for those of its tasks.
    private static bool IsGivenUp(JobDirectory directory, string path)
        => !Exists(directory.GuardMount
            + (directory.GuardMount != directory.Mount && (directory.GuardPath + "/").StartsWith(path + "/", StringComparison.Ordinal) ? path : directory.GuardPath));

    // Slurm locks the directory above while it makes a job's and a step's in it, and while it removes them
    // (SchedMD/slurm src/plugins/cgroup/v2/cgroup_v2.c, cgroup_p_step_create and cgroup_p_step_destroy, 01cec7f).
    private static void RemoveWhereNoStepBegins(string path)
    {
        try
        {
            using Descriptor above = Sys.Open(null, path[..path.LastIndexOf('/')], Sys.O_RDONLY | Sys.O_DIRECTORY);
            if (Sys.TryLock(above))
                _ = Sys.TryRemoveDirectory(path, out _);
        }
        catch (SyscallException)
        {
            // gone with all that is in it
        }
    }

    private static bool Exists(string path) => CgroupDirectory.Look(path) is not null;
}
