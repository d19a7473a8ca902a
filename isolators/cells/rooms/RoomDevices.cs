using System.Collections.Immutable;
using System.Text;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// The directory /dev of private rooms: the nodes that every program may expect, accelerators and interconnects that the host has, and what
/// the site names. A node can be opened where its permissions and the pilot's cgroup let it; what is not named is not there.
/// </summary>
internal static class RoomDevices
{
    private static readonly string[] Everywhere = ["null", "zero", "full", "random", "urandom", "tty"];
    private static readonly string[] Directories = ["pts", "shm", "mqueue"];
    private static readonly (string Name, string Target)[] Links =
        [("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx")];

    // Graphics processors and InfiniBand: what payloads compute and talk with, each named by its driver.
    private static readonly string[] Computing = ["nvidia*", "nvidia-caps", "dri", "kfd", "infiniband"];

    /// <summary>The steps that put it in the place of the host's.</summary>
    internal static IEnumerable<MountStep> Steps(ImmutableArray<string> named, List<Descriptor> held)
    {
        string[] shown = [.. Everywhere.Select(name => "/dev/" + name), .. Computing.SelectMany(Present), .. named.Where(path => path.StartsWith("/dev/", StringComparison.Ordinal) && Path.Exists(path))];
        Descriptor own = NewMount.Make("tmpfs", MountAttributes.NoSetId | MountAttributes.NoExecution, ("size", "64k"), ("mode", "755"));
        held.Add(own);
        foreach (string name in Directories)
            Sys.MakeDirectoryAt(own, Encoding.ASCII.GetBytes(name), 0x1ed);
        foreach ((string name, string target) in Links)
            Sys.MakeLinkAt(own, name, target);
        List<MountStep> steps = [new MountStep.Attach(own, "/dev")];
        foreach (string path in shown.Distinct())
        {
            using Descriptor node = Sys.Open(null, path, Sys.O_PATH | Sys.O_NOFOLLOW);
            MountPlace.Make(own, path["/dev/".Length..], Directory.Exists(path));
            Descriptor copy = Sys.CloneTree(node, path, withMountsBelow: true);
            held.Add(copy);
            steps.Add(new MountStep.Attach(copy, path));
        }

        return steps;
    }

    private static IEnumerable<string> Present(string pattern) => Directory.EnumerateFileSystemEntries("/dev", pattern);
}
