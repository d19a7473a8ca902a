namespace Isolation.Wire;

/// <summary>
/// What cell-init does at entry in a room that has namespaces of its own: attaches the mounts whose descriptors come last with
/// <see cref="EnterCell"/>, then binds.
/// </summary>
/// <param name="Mounts">Where each is attached.</param>
/// <param name="Binds">What is shown a second time, and where.</param>
/// <param name="NestedContainers">The payload may make user namespaces, and mount in them.</param>
/// <param name="LeafIsThePilots">
/// The pilot can move processes out of the leaf, and remove it: the payload is killed and proven over by the room's pid namespace too.
/// </param>
/// <param name="OwnCgroups">The payload sees its own cgroups as the roots: it has a cgroup namespace of its own.</param>
public sealed record OwnRoom(string[] Mounts, RoomBind[] Binds, bool NestedContainers, bool LeafIsThePilots, bool OwnCgroups)
{
    /// <summary>The most mounts, and the most binds.</summary>
    public const int Most = 16;

    private const int MaxPath = 4096;

    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to)
    {
        to.U32((uint)Mounts.Length);
        foreach (string target in Mounts)
            to.Text(target);
        to.U32((uint)Binds.Length);
        foreach (RoomBind bind in Binds)
            to.Text(bind.Source).Text(bind.Target);
        to.Flag(NestedContainers).Flag(LeafIsThePilots).Flag(OwnCgroups);
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static OwnRoom Read(ref MessageReader from)
    {
        string[] mounts = new string[from.Count(Most)];
        for (int i = 0; i < mounts.Length; i++)
            mounts[i] = from.Text(MaxPath);
        var binds = new RoomBind[from.Count(Most)];
        for (int i = 0; i < binds.Length; i++)
            binds[i] = new RoomBind(from.Text(MaxPath), from.Text(MaxPath));
        return new OwnRoom(mounts, binds, from.Flag(), from.Flag(), from.Flag());
    }
}

/// <summary>A path of the room that is shown at another, too.</summary>
public readonly record struct RoomBind(string Source, string Target);
