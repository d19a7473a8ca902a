using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>What the warden checks itself, whatever the front says. Each denial names the invariant.</summary>
internal static class Invariants
{
    /// <summary>The descriptor is a pidfd of a living process.</summary>
    internal static void RequireProcess(Descriptor descriptor)
    {
        if (PidFd.PidOf(descriptor) is not int pid)
            throw new DeniedException("client", "the descriptor is no pidfd");
        if (pid <= 0 || Sys.Poll(descriptor, PollEvents.In, 0) != PollEvents.None)
            throw new DeniedException("client", "the client's process is over");
    }

    /// <summary>The process is a pilot's: real, effective, saved and file-system uid are one of the list, and it is in no cell.</summary>
    internal static void RequirePilot(PidFd client, WardenLimits limits)
    {
        int pid = client.Pid;
        string status = Read($"/proc/{pid}/status"), cgroups = Read($"/proc/{pid}/cgroup");
        if (client.IsOver)
            throw new DeniedException("client", "the client's process is over");

        string[] uids = ProcessStatus.Field(status, "Uid").Split('\t', StringSplitOptions.RemoveEmptyEntries);
        if (uids.Length < 4 || uids.Distinct().Count() != 1 || !uint.TryParse(uids[0], out uint uid) || !limits.Pilots.Contains(uid))
            throw new DeniedException("pilot", $"uids {string.Join(' ', uids)} of pid {pid} are not those of one pilot");
        if (ProcessCgroups.Parse(cgroups).IsInsideACell)
            throw new DeniedException("pilot", $"pid {pid} is inside a cell");
    }

    /// <summary>The image is one of those that the site lets containers show.</summary>
    /// <returns>Null for the host's tree.</returns>
    internal static RoomImage? RequireImage(BuildRoom asked, WardenLimits limits)
    {
        if ((Level)asked.Level != Level.Container)
            return asked.Image.Length == 0 ? null : throw new DeniedException("image", $"an image at level {asked.Level}");
        if (asked.Image.Length == 0)
            return limits.Images.Contains(ImagePattern.Host) ? null : throw new DeniedException("image", "the host's tree in a container");
        RoomImage? image = ImageName.TryRead(asked.Image) is ImageName name && limits.Images.Contains(asked.Pattern) ? ImagePattern.TryRead(asked.Pattern)?.Of(name) : null;
        return image ?? throw new DeniedException("image", $"the image {PrintableText.Of(asked.Image)}, by the pattern {PrintableText.Of(asked.Pattern)}");
    }

    /// <summary>The account is the process's own: at log-only nobody becomes anybody else.</summary>
    internal static PoolAccount RequireOwnAccount(PidFd client, uint uid, uint gid)
    {
        string status = Read($"/proc/{client.Pid}/status");
        if (client.IsOver)
            throw new DeniedException("client", "the client's process is over");
        if (Effective(status, "Uid") != uid || Effective(status, "Gid") != gid)
            throw new DeniedException("account", $"uid {uid}, gid {gid} is not the client's own");
        return new PoolAccount(uid, gid, []);
    }

    /// <summary>The process is a child of the client, has its uids, and is in no cell: by the kernel's word, while both live.</summary>
    internal static void RequireChild(PidFd child, PidFd client)
    {
        int parent = client.Pid, pid = child.Pid;
        string status = Read($"/proc/{pid}/status"), parents = Read($"/proc/{parent}/status"), cgroups = Read($"/proc/{pid}/cgroup");
        if (child.IsOver)
            throw new DeniedException("child", "the process is over");
        if (client.IsOver)
            throw new DeniedException("client", "the client's process is over");
        if (ProcessStatus.Field(status, "PPid") != parent.ToString(System.Globalization.CultureInfo.InvariantCulture))
            throw new DeniedException("child", $"pid {pid} is no child of the client, pid {parent}");
        if (ProcessStatus.Field(status, "Uid") != ProcessStatus.Field(parents, "Uid"))
            throw new DeniedException("child", $"pid {pid} has other uids than its parent");
        if (ProcessCgroups.Parse(cgroups).IsInsideACell)
            throw new DeniedException("child", $"pid {pid} is inside a cell");
    }

    private static uint? Effective(string status, string field)
        => ProcessStatus.Field(status, field).Split('\t', StringSplitOptions.RemoveEmptyEntries) is [_, string effective, ..] && uint.TryParse(effective, out uint id) ? id : null;

    /// <summary>The process is in the network namespace that the room was built in.</summary>
    internal static void RequireNetwork(PidFd client, RoomKey room)
    {
        if (NetworkOf(client) != room.Network)
            throw new DeniedException("network", "the client is in another network namespace than the room");
    }

    /// <summary>The network namespace of a living client; null for our own.</summary>
    internal static NamespaceId? NetworkOf(PidFd client)
    {
        try
        {
            return PilotNetwork.IdOf(client);
        }
        catch (SyscallException e) when (client.IsOver)
        {
            throw new DeniedException("client", e.Message);
        }
    }

    /// <summary>Something ends every payload: what outlives its client has a wall limit, and a cell-init that sees to it.</summary>
    internal static void RequireEnd(EnterRoom asked, Level? level)
    {
        if (asked.IsDetached && (level == Level.LogOnly || asked.Limits.WallMilliseconds < 1))
            throw new DeniedException("detach", "a payload that does not end with its client, without a wall limit or forked by that client");
    }

    /// <summary>The account is one of the site's.</summary>
    internal static PoolAccount RequireAccount(uint uid, uint gid, WardenLimits limits)
        => limits.Find(uid, gid) ?? throw new DeniedException("account", $"uid {uid}, gid {gid} is no payload account of this site");

    /// <summary>The descriptor is a memory file that nobody can change any more.</summary>
    internal static void RequireSealed(Descriptor descriptor)
    {
        if (!SealedMemory.IsSealed(descriptor))
            throw new DeniedException("command", "the command block is no sealed memory file");
    }

    private static string Read(string path)
    {
        try
        {
            return KernelFile.Text(path);
        }
        catch (IOException)
        {
            throw new DeniedException("client", $"{path} cannot be read: the client's process is over");
        }
    }
}

/// <summary>An invariant forbids it.</summary>
internal sealed class DeniedException(string invariant, string detail) : Exception($"{invariant}: {detail}")
{
    internal string Invariant { get; } = invariant;

    internal string Detail { get; } = detail;
}
