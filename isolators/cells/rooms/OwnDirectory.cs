using System.Text;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The directory in which a room finds what is its own, in the place of the service's run directory.</summary>
public static class OwnDirectory
{
    private const ulong Inert = MountAttributes.NoSetId | MountAttributes.NoDevices | MountAttributes.NoExecution;

    /// <summary>Makes one, attached nowhere yet.</summary>
    /// <param name="more">Directories that it has beside those of every room.</param>
    /// <param name="files">Empty files that it has.</param>
    public static Descriptor Make(IEnumerable<string> more, params string[] files)
    {
        Descriptor mount = NewMount.Make("tmpfs", Inert, ("size", "64k"), ("mode", "755"));
        foreach (string name in RoomPlaces.Names.Concat(more))
            Sys.MakeDirectoryAt(mount, Encoding.ASCII.GetBytes(name), 0x1ed);
        foreach (string name in files)
            MountPlace.Make(mount, name, isDirectory: false);
        Sys.SetMountAttributes(mount, new MountAttributes { Set = MountAttributes.ReadOnly }, "the room's directory");
        return mount;
    }
}
