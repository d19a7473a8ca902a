using Isolation.Cells;
using Isolation.Linux;

namespace Isolation.Images;

/// <summary>
/// What the programs that unpack images see: the node's tree as private rooms show it, read-only; the source, read-only; and one directory to write in. No network, no
/// process but their own, no capability, and an account that nobody else has.
/// </summary>
/// <param name="Host">Where cells live.</param>
/// <param name="Settings">What the site shows in rooms.</param>
/// <param name="Nurseries">What the tree is copied from.</param>
/// <param name="Account">The uid and gid.</param>
public sealed record UnpackingRoom(CellHost Host, PrivateRoomSettings Settings, Nurseries Nurseries, uint Account)
{
    private const string SourceDirectory = "image", SourceFile = "archive", OutputName = "to";
    private const ulong Untrusted = MountAttributes.NoSetId | MountAttributes.NoDevices;

    /// <summary>Where they find the source.</summary>
    /// <param name="isFile">It is a file.</param>
    internal string Source(bool isFile) => $"{Host.Run}/{(isFile ? SourceFile : SourceDirectory)}";

    /// <summary>Where they write.</summary>
    internal string Output => $"{Host.Run}/{OutputName}";

    /// <summary>The mounts.</summary>
    /// <param name="source">What they read; null for no source.</param>
    /// <param name="output">What they write in; null for nothing.</param>
    internal RoomBirth Prepare(ImageSource? source, Descriptor? output)
    {
        RoomBirth tree = RoomBirth.PrepareTree(Host, Settings);
        try
        {
            if (source is not null)
            {
                Descriptor found = source.Find(tree);
                string place = Source(source.Image.IsFile);
                tree.Then(OwnPlaces(), Host.Run);
                tree.Then(found, place);
                tree.Then(new MountStep.Protect(place, MountAttributes.ReadOnly | MountAttributes.NoExecution | Untrusted, 0));
            }
            else
            {
                tree.Then(OwnPlaces(), Host.Run);
            }

            if (output is not null)
            {
                Descriptor mount = Sys.CloneTree(output, Output);
                tree.Then(mount, Output);
                tree.Then(new MountStep.Protect(Output, MountAttributes.NoExecution | Untrusted, 0));
            }

            foreach (string place in Settings.Writable)
                tree.Then(new MountStep.Protect(place, MountAttributes.ReadOnly, 0) { IfThere = true });
            tree.Then(new MountStep.New("proc", "/proc", "hidepid=2"));
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    private static Descriptor OwnPlaces() => OwnDirectory.Make([SourceDirectory, OutputName], SourceFile);
}
