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

/// <summary>A room's cgroup, made.</summary>
internal sealed class RoomDirectories : IDisposable
{
    private const string Members = "cgroup.procs", Delegatable = "/sys/kernel/cgroup/delegate";
    private readonly LeafDirectory _room;

    private readonly LeafDirectory _builder;

    private RoomDirectories(LeafDirectory room, LeafDirectory first, LeafDirectory builder) => (_room, First, _builder) = (room, first, builder);

    /// <summary>Where whoever builds the room is born.</summary>
    internal Descriptor Builder => _builder.Directory;

    /// <summary>The room's directory.</summary>
    internal Descriptor Directory => _room.Directory;

    /// <summary>Where the room's first process is born.</summary>
    internal LeafDirectory First { get; }

    /// <summary>Makes both directories, and lets the leaf to come have every controller that is there.</summary>
    /// <exception cref="SyscallException">A step failed; what was made is removed.</exception>
    internal static RoomDirectories Make(LeafPlan plan, RoomCgroup room)
    {
        LeafDirectory made = LeafDirectory.Make(plan.UnifiedMount + plan.UnifiedParent, room.Name);
        LeafDirectory? builder = null;
        try
        {
            builder = LeafDirectory.Make(plan.UnifiedMount + room.BuilderParent, room.Name + RoomCgroup.BuilderSuffix);
            Give(made, room.Owner);
            foreach (string controller in (made.Text("cgroup.controllers") ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
                _ = made.TryWrite("cgroup.subtree_control", "+" + controller);
            return new RoomDirectories(made, made.MakeBelow(RoomCgroup.First), builder);
        }
        catch
        {
            foreach (LeafDirectory? directory in (LeafDirectory?[])[builder, made])
            {
                _ = directory?.Remove();
                directory?.Dispose();
            }

            throw;
        }
    }

    /// <summary>Finds what an earlier process has made of them.</summary>
    internal static RoomDirectories Find(LeafPlan plan, RoomCgroup room)
    {
        LeafDirectory found = LeafDirectory.Find(plan.UnifiedMount + plan.UnifiedParent, room.Name, inode: null);
        // A warden that was killed while it had the room built has not taken back what the builder has given away.
        return new RoomDirectories(found, found.FindBelow(RoomCgroup.First, inode: null, room.Owner),
            LeafDirectory.Find(plan.UnifiedMount + room.BuilderParent, room.Name + RoomCgroup.BuilderSuffix, inode: null));
    }

    /// <summary>Makes the leaf in it.</summary>
    internal LeafDirectory MakeLeaf(string name) => _room.MakeBelow(name);

    /// <summary>Finds the leaf in it.</summary>
    internal LeafDirectory FindLeaf(string name, long? inode) => _room.FindBelow(name, inode);

    /// <summary>Lets the room's first process have processes born there.</summary>
    internal static void Give(LeafDirectory directory, uint owner)
    {
        using Descriptor members = directory.Open(Members, Sys.O_WRONLY);
        Sys.SetOwner(members, owner, owner, $"{directory.Path}/{Members}");
    }

    /// <summary>
    /// Makes the first process's cgroup root's alone again: crun gives it to that process, with all that the kernel names as what is given then, and cgroups
    /// that were made below it would keep the room from being removed.
    /// </summary>
    /// <exception cref="SyscallException">The kernel refuses.</exception>
    internal void TakeBackFirst()
    {
        Sys.SetOwner(First.Directory, 0, 0, First.Path);
        foreach (string name in KernelFile.TextOrNothing(Delegatable).Split('\n', StringSplitOptions.RemoveEmptyEntries).Union([Members, "cgroup.threads", "cgroup.subtree_control"]))
        {
            using Descriptor? file = First.TryOpen(name, Sys.O_PATH | Sys.O_NOFOLLOW);
            if (file is not null)
                Sys.SetOwnerOfPlace(file, 0, 0);
        }
    }

    /// <summary>True when nobody is in them, and when they are gone.</summary>
    internal bool IsEmpty => IsEmptyIn(_room) && IsBuilderEmpty;

    /// <summary>True when nobody is in the builder's, and when it is gone.</summary>
    internal bool IsBuilderEmpty => IsEmptyIn(_builder);

    /// <summary>Kills whoever is in them.</summary>
    internal void KillAll()
    {
        KillIn(_builder);
        KillIn(_room);
    }

    /// <summary>Kills whoever is in the builder's.</summary>
    internal void KillBuilder() => KillIn(_builder);

    /// <summary>Removes them, once nobody is in them.</summary>
    /// <returns>What could not be removed, or null.</returns>
    internal string? Remove() => RemoveBuilder() ?? First.Remove() ?? _room.Remove();

    /// <summary>Removes the builder's, once it is over.</summary>
    /// <returns>What could not be removed, or null.</returns>
    internal string? RemoveBuilder() => _builder.Remove();

    public void Dispose()
    {
        First.Dispose();
        _builder.Dispose();
        _room.Dispose();
    }

    private static void KillIn(LeafDirectory directory)
    {
        if (directory.Has("cgroup.kill"))
            _ = directory.TryWrite("cgroup.kill", "1");
    }

    private static bool IsEmptyIn(LeafDirectory directory) => directory.Text("cgroup.events") is not string events || CgroupFile.Keyed(events, "populated") == 0;
}
