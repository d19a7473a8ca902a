using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// The limits of scratches: each scratch that has one is a project of its file system, with an id of a range that is this service's. An id is used
/// by one scratch at a time; whether one of an earlier warden still is, the file system tells.
/// </summary>
public sealed class ScratchProjects
{
    /// <summary>The ids: these, and as many as there are in <see cref="Count"/>.</summary>
    public const uint First = 1_880_000_000;

    /// <summary>How many there are.</summary>
    public const int Count = 1 << 16;

    private readonly Lock _gate = new();
    private readonly HashSet<uint> _taken = [];
    private uint _next;

    /// <summary>Why the file system of the scratches enforces no limits; null where it does.</summary>
    public static string? WhyNot(CellHost host) => Sys.EnforcesProjectQuota(host.Scratch, out int errno)
        ? null
        : $"the file system of {host.ScratchPath} enforces no project quotas{(errno == 0 ? "" : $" ({ErrnoText.Of(errno)})")}";

    /// <summary>The kinds of limit that are limits of the scratch.</summary>
    public static LimitKinds Of(Limits limits) => limits.Kinds & (LimitKinds.Scratch | LimitKinds.ScratchFiles);

    /// <summary>Makes an empty directory a project with these limits, and reads them back.</summary>
    /// <returns>The project; <see cref="Free"/> gives it back.</returns>
    /// <exception cref="SyscallException">The file system refuses.</exception>
    public uint Bind(Descriptor directory, Limits limits)
    {
        uint project = Take(directory);
        try
        {
            long bytes = limits.ScratchBytes ?? 0, files = limits.ScratchFiles is long most ? most + 1 : 0; // the directory itself counts
            Check(Sys.TrySetProjectQuota(directory, project, bytes, files), "quotactl");
            Check(Sys.TrySetProject(directory, project), "FS_IOC_FSSETXATTR");
            ProjectQuota? held = Sys.TryProjectQuota(directory, project, out int errno);
            Check(errno, "quotactl");
            // Bytes are rounded up to what the file system counts in.
            if (Sys.TryProjectOf(directory) != (project, true) || (bytes > 0 && held!.Value.Bytes is 0) || held!.Value.Bytes > bytes + (1 << 20) || held.Value.Files != files)
                throw new SyscallException("quotactl", $"project {project}", Errno.EINVAL, $"The file system took {bytes} bytes and {files} files, and shows {held}.");
            return project;
        }
        catch
        {
            Free(directory, project);
            throw;
        }
    }

    /// <summary>The project that an earlier process has made a directory; from now on it is this one's to free. Null where it is none.</summary>
    public uint? Keep(Descriptor directory)
    {
        if (Sys.TryProjectOf(directory) is not ((>= First and < First + Count) and uint project, _))
            return null;
        lock (_gate)
            _taken.Add(project);
        return project;
    }

    /// <summary>Its scratch is gone: the id may be another's.</summary>
    public void Free(Descriptor place, uint project)
    {
        _ = Sys.TrySetProjectQuota(place, project, 0, 0);
        lock (_gate)
            _taken.Remove(project);
    }

    private uint Take(Descriptor place)
    {
        lock (_gate)
        {
            for (int tries = 0; tries < Count; tries++)
            {
                uint project = First + (_next++ % Count);
                if (_taken.Contains(project) || Sys.TryProjectQuota(place, project, out _) is { FilesHeld: > 0 })
                    continue;
                _taken.Add(project);
                return project;
            }
        }

        throw new SyscallException("quotactl", "project", Errno.EBUSY, $"All {Count} projects of this service are in use: remove old scratches.");
    }

    private static void Check(int errno, string call)
    {
        if (errno != 0)
            throw new SyscallException(call, "scratch", errno);
    }
}
