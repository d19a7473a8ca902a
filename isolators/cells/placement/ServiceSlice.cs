using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// The service's slice: a cgroup of its own in each hierarchy, which holds leaves and no process. It is made when the first leaf in it is, and
/// not where positions are only looked at.
/// </summary>
/// <param name="layout">The host's hierarchies.</param>
/// <param name="name">The slice's name.</param>
/// <param name="delegated">Path of the cgroup that systemd delegates for it, in each hierarchy that has one of that path; empty for none.</param>
public sealed class ServiceSlice(CgroupLayout layout, string name, string delegated)
{
    private const uint Mode = 0x1ed;
    private const string Holder = "/holder";
    private static readonly string[] Wanted = ["memory", "pids", "cpu", "io", "cpuset"];

    /// <summary>The slice in one hierarchy, made or not.</summary>
    public CgroupPlace At(string mount)
    {
        CgroupPlace parent = new(mount, delegated);
        return new CgroupPlace(mount, (parent.IsThere ? delegated : "") + "/" + name);
    }

    /// <summary>True for the slice in its hierarchy.</summary>
    public bool Is(string mount, string path) => At(mount).Path == path;

    /// <summary>The controllers that leaves in it have, or will have once it is made, on a host whose controllers are in the v2 hierarchy.</summary>
    public IReadOnlyList<string> GivenAt(string mount)
    {
        CgroupPlace slice = At(mount);
        return slice.IsThere ? slice.Words("cgroup.subtree_control") : [.. Wanted.Intersect(slice.Parent.Words("cgroup.controllers"))];
    }

    /// <summary>Makes the slice in a hierarchy. Where controllers are in the v2 hierarchy, it gives its children those that there are.</summary>
    /// <returns>The controllers that its leaves will not have: no limit of that kind can be enforced there.</returns>
    /// <exception cref="SyscallException">It cannot be made.</exception>
    public IReadOnlyList<string> Make(string mount)
    {
        CgroupPlace slice = At(mount);
        Sys.MakeDirectory(slice.Directory, Mode, orExisting: true);
        if (layout.V1.Count > 0)
            return [];
        MakeRoomIn(slice.Parent);
        foreach (CgroupPlace at in (CgroupPlace[])[slice.Parent, slice])
        {
            string[] given = at.Words("cgroup.subtree_control");
            foreach (string controller in at.Words("cgroup.controllers").Intersect(Wanted).Except(given))
                CgroupFile.TryWrite(at.Directory + "/cgroup.subtree_control", "+" + controller);
        }

        return [.. Wanted.Except(slice.Words("cgroup.subtree_control"))];
    }

    /// <summary>A leaf in it, in the v2 hierarchy alone.</summary>
    /// <exception cref="SyscallException">There is no such hierarchy.</exception>
    public LeafPlan Plan(CellId cell)
    {
        string mount = layout.RequireUnified();
        return new LeafPlan(ProcessCgroups.LeafName(cell.Value), mount, At(mount).Path, [], []);
    }

    /// <summary>Makes a leaf, and the slices that its plan needs and that are not there.</summary>
    /// <param name="plan">Where.</param>
    /// <param name="without">Counters to do without, as if the kernel lacked them.</param>
    /// <param name="built">The room's own cgroup, where it is there already; the leaf's from now on.</param>
    /// <exception cref="SyscallException">A step failed; of the leaf nothing is left.</exception>
    public Leaf MakeLeaf(LeafPlan plan, IReadOnlySet<CounterKind> without, RoomDirectories? built = null) => Make(plan, () => Leaf.Create(plan, without, built));

    /// <summary>Makes the own cgroup of a room that nobody has entered yet, and the slices that its plan needs and that are not there.</summary>
    /// <exception cref="SyscallException">A step failed; nothing of it is left.</exception>
    public RoomDirectories MakeRoom(LeafPlan plan) => Make(plan, () => RoomDirectories.Make(plan));

    /// <summary>Removes it from every hierarchy where no leaf is in it.</summary>
    public void Remove()
    {
        foreach (string mount in layout.V1.Values.Append(layout.Unified).OfType<string>().Distinct())
            _ = Sys.TryRemoveDirectory(At(mount).Directory, out _);
    }

    private T Make<T>(LeafPlan plan, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (SyscallException e) when (e.Errno == Errno.ENOENT && MakeFor(plan))
        {
            return make();
        }
    }

    // True where a part of the plan is in the slice, whoever has made that meanwhile.
    private bool MakeFor(LeafPlan plan)
    {
        bool isInIt = false;
        foreach ((string mount, string path) in plan.V1.Where(place => place.Membership == V1Membership.Leaf).Select(place => (place.Mount, place.Cgroup)).Prepend((plan.UnifiedMount, plan.UnifiedParent))
            .Concat(plan.Room is RoomCgroup room ? [(plan.UnifiedMount, room.BuilderParent)] : []))
        {
            if (!Is(mount, path))
                continue;
            isInIt = true;
            if (!At(mount).IsThere)
                Make(mount);
        }

        return isInIt;
    }

    // A cgroup that holds processes gives no controller to its children (cgroups(7), "no internal processes"): those of the unit that
    // keeps the delegated one are moved below it. The hierarchy's root is free of that rule.
    private static void MakeRoomIn(CgroupPlace delegated)
    {
        if (delegated.Path.Length == 0 || delegated.HasNoProcess)
            return;
        Sys.MakeDirectory(delegated.Directory + Holder, Mode, orExisting: true);
        foreach (string process in delegated.Words("cgroup.procs"))
            CgroupFile.TryWrite(delegated.Directory + Holder + "/cgroup.procs", process);
    }
}
