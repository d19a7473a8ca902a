using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>A cgroup as a place where something could be made: its hierarchy's mount point, and its path below it (empty for the root).</summary>
public readonly record struct CgroupPlace(string Mount, string Path)
{
    /// <summary>Its directory.</summary>
    public string Directory => Mount + Path;

    /// <summary>True when there is such a cgroup.</summary>
    public bool IsThere => CgroupDirectory.Look(Directory) is not null;

    /// <summary>The cgroup above it; the root's is the root.</summary>
    public CgroupPlace Parent => Path.Length == 0 ? this : this with { Path = Path[..Path.LastIndexOf('/')] };

    /// <summary>From itself up to the root of its hierarchy.</summary>
    public IEnumerable<CgroupPlace> Upwards()
    {
        CgroupPlace place = this;
        for (; place.Path.Length > 0; place = place.Parent)
            yield return place;
        yield return place;
    }

    /// <summary>From a path as /proc/PID/cgroup shows it.</summary>
    public static CgroupPlace Of(string mount, string path) => new(mount, path == "/" ? "" : path);

    /// <summary>True when nobody but root can move a process out of what is made here: it and all above it are root's alone.</summary>
    public bool IsRootsAlone => Upwards().All(place => CgroupDirectory.Look(place.Directory) is { IsRootsAlone: true });

    /// <summary>
    /// True for a cgroup of v2 below which nobody but root moves processes of another uid: all above it is root's alone, and so are its files. Its
    /// directory may be the job user's (the tasks of Slurm 22.05 are), who can make cgroups in it and remove empty ones; but to move a process takes
    /// the right to write cgroup.procs of the nearest cgroup above both places (cgroups(7), "Delegation containment"), and that one is root's.
    /// </summary>
    public bool IsRootsToMoveIn => IsRootsAlone || (Path.Length > 0 && Parent.IsRootsAlone && Files().All(CgroupFile.IsRootsAlone));

    /// <summary>
    /// True for a cgroup of v1 whose files only root can write. Its directory may be the job user's (Slurm's steps are): who owns it can
    /// make, rename and remove cgroups in it, but on v1 nobody but root moves processes of another uid.
    /// </summary>
    public bool HasRootsFiles => CgroupFile.IsRootsAlone($"{Directory}/tasks");

    /// <summary>True for this cgroup and all below it.</summary>
    public bool Holds(CgroupPlace other) => other.Path == Path || other.Path.StartsWith(Path + "/", StringComparison.Ordinal);

    /// <summary>The text of a file here; null where there is none.</summary>
    public string? Text(string file) => CgroupFile.TryText($"{Directory}/{file}");

    /// <summary>The words of a file here.</summary>
    public string[] Words(string file) => Text(file)?.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) ?? [];

    // Where they cannot be listed, the place is nobody's to rely on.
    private string[] Files()
    {
        try
        {
            return System.IO.Directory.GetFiles(Directory);
        }
        catch (IOException)
        {
            return [Directory + "/cgroup.procs"];
        }
    }

    /// <summary>True when no process is in it (its children may hold some).</summary>
    public bool HasNoProcess => Text("cgroup.procs") is { Length: 0 };
}
