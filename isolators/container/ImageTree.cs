using System.Globalization;
using System.Text;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Isolators.Container;

/// <summary>An image cannot be a container's tree, and why.</summary>
internal sealed class ImageException(string why) : IOException(why);

/// <summary>
/// A container's tree made of an image: the image as it is, below a layer of the room's own in memory, which has real directories wherever something is mounted. What an
/// image has there, a link to elsewhere say, is covered and never followed. The image's file system may never answer: only the child that becomes the runtime touches it.
/// </summary>
internal static class ImageTree
{
    private const ulong Untrusted = MountAttributes.NoSetId | MountAttributes.NoDevices;
    private const int SmallestInode = 4096; // bytes of a file system for each file in it
    private const string Upper = "upper", Work = "work";

    // What says how to reach others, and what time it is, is the node's.
    private static readonly string[] FilesOfTheHost = ["/etc/resolv.conf", "/etc/hosts", "/etc/localtime"];
    private static readonly string[] Accounts = ["/etc/passwd", "/etc/group"]; // covered at the entry
    private static readonly string[] Temporary = ["/tmp", "/var/tmp"];

    /// <summary>Adds the steps.</summary>
    /// <param name="tree">The tree of the runtime, which is the host's.</param>
    /// <param name="host">Where cells live.</param>
    /// <param name="settings">What the site shows in rooms.</param>
    /// <param name="image">The image.</param>
    /// <param name="ids">Whose payload sees it, and with whose rights it is looked for.</param>
    /// <param name="resident">Makes a mount of the program cell-init.</param>
    internal static void Add(RoomBirth tree, CellHost host, PrivateRoomSettings settings, RoomImage image, ContainerIds ids, Func<Descriptor> resident)
    {
        ContainerPlaces places = new(host.Run);
        Descriptor found = Sys.Open(null, "/", Sys.O_PATH | Sys.O_DIRECTORY); // the image takes its place
        // As the payload could by itself: a directory that its account may not search is no image for it.
        tree.Then(new MountStep.Groups([.. ids.Groups.Select(group => group.Value)]));
        tree.Then(new MountStep.FileGroup(ids.Account.Gid.Value));
        tree.Then(new MountStep.FileUser(ids.Account.Uid.Value));
        tree.Then(new MountStep.Find(found, image.Root, IsWithin: false));
        tree.Then(new MountStep.Find(found, image.Below, IsWithin: true));
        tree.Then(new MountStep.Find(found, ".", IsWithin: true));
        tree.Then(new MountStep.FileUser(0));
        tree.Then(new MountStep.FileGroup(0));
        tree.Then(new MountStep.Groups([]));
        tree.Then(new MountStep.Copy(found, image.Path));
        tree.Then(found, places.Image);
        tree.Then(new MountStep.Protect(places.Image, MountAttributes.ReadOnly | Untrusted, 0));

        string[] files = [.. FilesOfTheHost.Where(File.Exists)], taken = [.. files, .. Accounts];
        string[] directories = [.. Temporary, "/proc", "/sys", "/dev", host.Run, .. settings.Binds.Concat(settings.Hidden).Where(place => !taken.Any(file => place == file || place.StartsWith(file + "/", StringComparison.Ordinal)))];
        tree.Then(Layer(settings, taken, directories), places.Layer);
        tree.Then(new MountStep.Overlay(places.Image, $"{places.Layer}/{Upper}", $"{places.Layer}/{Work}", places.Root));
        foreach (string place in Temporary.Concat(files).Append("/sys"))
            tree.Then(new MountStep.Bind(place, places.Root + place));
        // Nobody asks here whether they are there: their file systems may not answer either.
        foreach (string place in settings.Binds)
        {
            tree.Then(new MountStep.Bind(place, places.Root + place) { IfThere = true });
            tree.Then(new MountStep.Protect(places.Root + place, MountAttributes.ReadOnly | Untrusted, 0) { IfThere = true });
        }

        tree.Then(ContainerPlaces.Make(), places.Root + host.Run);
        tree.Then(resident(), places.Root + places.Resident);
    }

    /// <summary>Why the image cannot be shown, where a step of its own failed for a reason that lies in it; null otherwise.</summary>
    internal static string? Objection(MountStep failed, int errno) => failed is not MountStep.Find { IsWithin: true } ? null : errno switch
    {
        Errno.ENOENT => "there is no such directory",
        Errno.ENOTDIR => "it is no directory",
        Errno.ENAMETOOLONG => "its path has a name that is too long",
        Errno.ELOOP => "its path has too many links, or one that the kernel does not follow here",
        Errno.EXDEV => "a link in its path leads out of what the site allows",
        Errno.EACCES or Errno.EPERM => "the payload's account may not open it",
        _ => null,
    };

    private static Descriptor Layer(PrivateRoomSettings settings, IEnumerable<string> files, IEnumerable<string> directories)
    {
        Descriptor layer = NewMount.Make("tmpfs", Untrusted,
            ("size", settings.TemporaryBytes.ToString(CultureInfo.InvariantCulture)),
            ("nr_inodes", (settings.TemporaryBytes / SmallestInode + 64).ToString(CultureInfo.InvariantCulture)),
            ("mode", "755"));
        try
        {
            foreach (string name in (string[])[Upper, Work])
                Sys.MakeDirectoryAt(layer, Encoding.ASCII.GetBytes(name), 0x1ed);
            foreach (string directory in directories)
                MountPlace.Make(layer, Upper + directory, isDirectory: true);
            foreach (string file in files)
                MountPlace.Make(layer, Upper + file, isDirectory: false);
            return layer;
        }
        catch
        {
            layer.Dispose();
            throw;
        }
    }
}
