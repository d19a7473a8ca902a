using Isolation.Core;

namespace Isolation.Daemon;

/// <summary>What the caller sees and a room, which is built among the host's mounts, does not show.</summary>
internal static class MountFindings
{
    private const string Topic = "mounts";
    private const int MostNamed = 3;

    /// <summary>Adds them.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="client">What the caller sees; null where it cannot be told.</param>
    /// <param name="host">What the host's first process sees.</param>
    public static void Add(Diagnosis to, IReadOnlyList<MountLine>? client, IReadOnlyList<MountLine>? host)
    {
        if (client is null or { Count: 0 } || host is null or { Count: 0 })
        {
            to.Note(Topic, "whether the caller sees the host's mounts cannot be told: /proc does not show them");
            return;
        }

        HashSet<string> hosts = [.. host.Select(m => m.Id)];
        if (client.Any(m => hosts.Contains(m.Id)))
        {
            to.Holds(Topic, "the caller sees the host's mounts, as a payload does");
            return;
        }

        HashSet<(string, string)> known = [.. host.Select(m => (m.Device, m.Point))];
        MountLine[] own = [.. client.Where(m => !known.Contains((m.Device, m.Point))).OrderByDescending(m => m.FileSystem.StartsWith("fuse", StringComparison.Ordinal))];
        string named = string.Join(", ", own.Take(MostNamed).Select(m => $"{PrintableText.Of(m.Point)} ({PrintableText.Of(m.FileSystem)})"));
        to.Note(Topic,
            "the caller has a mount namespace of its own; a room is built outside it, so a payload does not see what is mounted there only"
            + (own.Length == 0 ? "" : $": {named}{(own.Length > MostNamed ? $" and {own.Length - MostNamed} more" : "")}"),
            "Mount on the host what payloads need (CVMFS, for example); a pilot in a container gets the service's socket bound into it.");
    }
}
