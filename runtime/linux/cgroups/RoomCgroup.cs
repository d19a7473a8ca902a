namespace Isolation.Linux;

/// <summary>
/// The cgroup of a room whose first process is not the host's root: it holds that process and, beside it, the leaf. To have a payload born in its leaf
/// that process writes to <c>cgroup.procs</c> of the leaf and of what is above both (cgroups(7), "Delegation containment"), so these two files are its own,
/// and no other: whoever has them can move processes only within the room.
/// </summary>
/// <param name="Name">Its name; a child of the leaf's parent in the v2 hierarchy.</param>
/// <param name="Owner">The host's uid, and gid, of the room's first process.</param>
/// <param name="BuilderParent">
/// Path of the cgroup in whose child of the same name, with <see cref="BuilderSuffix"/>, whoever builds the room is born: root's alone, so that a job which is frozen or
/// throttled holds up nothing of the service's own.
/// </param>
public sealed record RoomCgroup(string Name, uint Owner, string BuilderParent)
{
    /// <summary>The name of a cell's.</summary>
    public static string NameOf(Guid cell) => "room-" + cell.ToString("D");

    /// <summary>The child that holds the room's first process.</summary>
    public const string First = "init";

    /// <summary>What the name of the builder's cgroup ends with.</summary>
    public const string BuilderSuffix = "-builder";
}
