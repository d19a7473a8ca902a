namespace Isolation.Linux;

/// <summary>The directories of a room's own cgroup: the room's, in it that of its first process, and elsewhere its builder's.</summary>
public sealed class RoomDirectories : IDisposable
{
    private const string Members = "cgroup.procs", Delegatable = "/sys/kernel/cgroup/delegate";
    private readonly LeafDirectory _room;
    private readonly LeafDirectory _first;
    private readonly LeafDirectory _builder;

    private RoomDirectories(LeafPlan plan, LeafDirectory room, LeafDirectory first, LeafDirectory builder) => (Plan, _room, _first, _builder) = (plan, room, first, builder);

    /// <summary>What they were made to.</summary>
    public LeafPlan Plan { get; }

    /// <summary>Where whoever builds the room is born.</summary>
    public Descriptor Builder => _builder.Directory;

    /// <summary>The room's directory.</summary>
    public Descriptor Directory => _room.Directory;

    /// <summary>Where the room's first process is.</summary>
    public Descriptor First => _first.Directory;

    /// <summary>Makes them, and lets the leaf to come have every controller that is there.</summary>
    /// <param name="plan">Where; it has a room.</param>
    /// <exception cref="SyscallException">A step failed; what was made is removed.</exception>
    public static RoomDirectories Make(LeafPlan plan)
    {
        RoomCgroup room = plan.Room!;
        LeafDirectory made = LeafDirectory.Make(plan.UnifiedMount + plan.UnifiedParent, room.Name);
        LeafDirectory? builder = null;
        try
        {
            builder = LeafDirectory.Make(plan.UnifiedMount + room.BuilderParent, room.Name + RoomCgroup.BuilderSuffix);
            Give(made, room.Owner);
            foreach (string controller in (made.Text("cgroup.controllers") ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
                _ = made.TryWrite("cgroup.subtree_control", "+" + controller);
            return new RoomDirectories(plan, made, made.MakeBelow(RoomCgroup.First), builder);
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
    internal static RoomDirectories Find(LeafPlan plan)
    {
        RoomCgroup room = plan.Room!;
        LeafDirectory found = LeafDirectory.Find(plan.UnifiedMount + plan.UnifiedParent, room.Name, inode: null);
        // A warden that was killed while it had the room built has not taken back what the builder has given away.
        return new RoomDirectories(plan, found, found.FindBelow(RoomCgroup.First, inode: null, room.Owner),
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
    public void TakeBackFirst()
    {
        Sys.SetOwner(_first.Directory, 0, 0, _first.Path);
        foreach (string name in KernelFile.TextOrNothing(Delegatable).Split('\n', StringSplitOptions.RemoveEmptyEntries).Union([Members, "cgroup.threads", "cgroup.subtree_control"]))
        {
            using Descriptor? file = _first.TryOpen(name, Sys.O_PATH | Sys.O_NOFOLLOW);
            if (file is not null)
                Sys.SetOwnerOfPlace(file, 0, 0);
        }
    }

    /// <summary>True when nobody is in them, and when they are gone.</summary>
    public bool IsEmpty => IsEmptyIn(_room) && IsBuilderEmpty;

    /// <summary>True when nobody is in the builder's, and when it is gone.</summary>
    public bool IsBuilderEmpty => IsEmptyIn(_builder);

    /// <summary>Kills whoever is in them.</summary>
    public void KillAll()
    {
        KillIn(_builder);
        KillIn(_room);
    }

    /// <summary>Kills whoever is in the builder's.</summary>
    public void KillBuilder() => KillIn(_builder);

    /// <summary>Removes them, once nobody is in them.</summary>
    /// <returns>What could not be removed, or null.</returns>
    public string? Remove() => RemoveBuilder() ?? _first.Remove() ?? _room.Remove();

    /// <summary>Removes the builder's, once it is over.</summary>
    /// <returns>What could not be removed, or null.</returns>
    public string? RemoveBuilder() => _builder.Remove();

    public void Dispose()
    {
        _first.Dispose();
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
