using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>What the kernel can do, and what is done without.</summary>
internal static class KernelFindings
{
    private const string Topic = "kernel";

    // Files of a cgroup that is not the root, the release that brought each, and what is done where it is missing.
    private static readonly (string File, string Since, string Otherwise)[] Files =
    [
        ("cgroup.kill", "5.14", "processes of a payload are killed one by one"),
        ("memory.peak", "5.19", "a payload's memory peak is not measured"),
        ("pids.peak", "6.11", "a payload's peak of processes is not measured"),
    ];

    public static void Add(Diagnosis to, KernelAbilities kernel)
    {
        Add(to, kernel.PassRights, "SO_PASSRIGHTS", "6.16", "each connection is read by a thread of its own, which may hang on a stranger's descriptor");
        Add(to, kernel.PeerPidFd, "SO_PEERPIDFD", "6.5", "a client is held by its pid, and the sender of its hello is checked");
    }

    /// <summary>Looks into a cgroup, where its controllers are in the v2 hierarchy.</summary>
    public static void Add(Diagnosis to, string directory, bool isPure)
    {
        foreach ((string file, string since, string otherwise) in Files)
        {
            string controller = file.Split('.')[0];
            // A file of a controller that the cgroup was not given is not the kernel's to miss.
            if (controller == "cgroup" || (isPure && (CgroupFile.TryText(directory + "/cgroup.controllers") ?? "").Split([' ', '\n']).Contains(controller)))
                Add(to, File.Exists($"{directory}/{file}"), file, since, otherwise);
        }
    }

    private static void Add(Diagnosis to, bool isThere, string name, string since, string otherwise)
    {
        if (isThere)
            to.Holds(Topic, $"{name} is there");
        else
            to.Note(Topic, $"{name} is missing: {otherwise}", $"Linux {since} or later has it.");
    }
}
