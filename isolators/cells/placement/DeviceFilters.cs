using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The programs of the v2 hierarchy that say which devices a cgroup's processes may open.</summary>
internal static class DeviceFilters
{
    /// <summary>True when every filter that holds for the pilot holds at the place as well. A kernel that has no such filters holds none.</summary>
    internal static bool AreHeldAt(CgroupPlace place, CgroupPlace pilot)
        => place == pilot || Of(pilot) is not { Length: > 0 } wanted || (Of(place) is { } held && wanted.All(held.Contains));

    private static uint[]? Of(CgroupPlace place)
    {
        // One that is not made yet will be held by the filters of those above it.
        using Descriptor directory = Sys.Open(null, place.Upwards().First(at => at.Path.Length == 0 || at.IsThere).Directory, Sys.O_RDONLY | Sys.O_DIRECTORY);
        return Sys.BpfProgQuery(directory, effective: true);
    }
}
