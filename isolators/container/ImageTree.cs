using System.Globalization;
using System.Text;
using Isolation.Cells;
using Isolation.Linux;

namespace Isolation.Isolators.Container;

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
    /// <param name="resident">Makes a mount of the program cell-init.</param>
    internal static void Add(RoomBirth tree, CellHost host, PrivateRoomSettings settings, ContainerImage image, Func<Descriptor> resident)
    {
        ContainerPlaces places = new(host.Run);
        tree.Then(image.Stored?.Tree ?? image.Source.Find(tree), places.Image);
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
