using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Batch.Tests;

/// <summary>
/// Where no policy leads to a position because an earlier one holds as much, the earlier one is closed as a host could have it: a process of
/// root's above the pilot, a controller that is not given on, a job's cgroup that is its user's.
/// </summary>
internal static class ClosedPlaces
{
    /// <summary>Closes what comes before a position; what was done.</summary>
    public static string CloseBefore(Position position, BatchTree tree, CgroupTree built, uint uid) => (position, tree.IsUnified) switch
    {
        (Position.Below, false) => HoldProcesses(tree, built),
        (Position.Below, true) => KeepMemory(tree, built),
        (_, false) => GiveFiles(tree, built, uid),
        (_, true) => GiveJob(tree, built, uid),
    };

    private static string HoldProcesses(BatchTree tree, CgroupTree built)
    {
        foreach (string above in Above(tree, "memory"))
            built.StartDaemon(tree.Hierarchies.Select(h => built.DirectoryOf(h, above)).Where(Directory.Exists));
        return "the job's cgroups above the pilot's hold a process";
    }

    private static string KeepMemory(BatchTree tree, CgroupTree built)
    {
        foreach (string above in Above(tree, "unified"))
            File.WriteAllText(built.DirectoryOf("unified", above) + "/cgroup.subtree_control", "-memory");
        return "the job gives memory to none of its cgroups";
    }

    private static string GiveFiles(BatchTree tree, CgroupTree built, uint uid)
    {
        foreach (string hierarchy in new[] { "memory", "pids" }.Where(h => tree.Hierarchies.Contains(h)))
            foreach (string path in Above(tree, hierarchy).Append(tree.PilotIn(hierarchy)))
                Give(built.DirectoryOf(hierarchy, path) + "/tasks", uid);
        return "the files of the job's cgroups are its user's";
    }

    private static string GiveJob(BatchTree tree, CgroupTree built, uint uid)
    {
        Give(built.DirectoryOf("unified", tree.Job!), uid);
        return "the job's cgroup is its user's";
    }

    private static void Give(string path, uint uid)
    {
        using Descriptor place = Sys.Open(null, path, Sys.O_PATH | Sys.O_NOFOLLOW);
        Sys.SetOwnerOfPlace(place, uid, uid);
    }

    // From the pilot's parent up to the job's.
    private static IEnumerable<string> Above(BatchTree tree, string hierarchy)
    {
        for (string at = tree.PilotIn(hierarchy); at != tree.Job;)
        {
            at = at[..at.LastIndexOf('/')];
            yield return at;
        }
    }
}
