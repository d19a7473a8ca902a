using System.Collections.Immutable;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Images;

/// <summary>
/// Where an image lies, as a child finds it: with the rights of the payload that is to have it, and through no link that leads out of what the site names. Its file system
/// may never answer: nobody but that child touches it.
/// </summary>
/// <param name="Image">The image.</param>
/// <param name="Account">The payload's account.</param>
/// <param name="Groups">Its groups.</param>
public sealed record ImageSource(RoomImage Image, Account Account, ImmutableArray<GroupId> Groups)
{
    /// <summary>Adds the steps that find it.</summary>
    /// <param name="tree">The mounts of the child, which then has it as a mount attached nowhere.</param>
    /// <returns>That mount; the caller gives it a place.</returns>
    public Descriptor Find(RoomBirth tree)
    {
        Descriptor found = Sys.Open(null, "/", Sys.O_PATH | Sys.O_DIRECTORY); // the image takes its place
        tree.Then(new MountStep.Groups([.. Groups.Select(group => group.Value)]));
        tree.Then(new MountStep.FileGroup(Account.Gid.Value));
        tree.Then(new MountStep.FileUser(Account.Uid.Value));
        tree.Then(new MountStep.Find(found, Image.Root, IsWithin: false));
        tree.Then(new MountStep.Find(found, Image.Below, IsWithin: true) { IsFile = Image.IsFile });
        if (!Image.IsFile)
            tree.Then(new MountStep.Find(found, ".", IsWithin: true)); // a directory that the account may not search is no image for it
        tree.Then(new MountStep.FileUser(0));
        tree.Then(new MountStep.FileGroup(0));
        tree.Then(new MountStep.Groups([]));
        tree.Then(new MountStep.Copy(found, Image.Name.Path));
        return found;
    }

    /// <summary>Why the image cannot be shown, where a step of the search failed for a reason that lies in it; null otherwise.</summary>
    /// <param name="failed">The step.</param>
    /// <param name="errno">How it failed.</param>
    public static string? Objection(MountStep failed, int errno) => failed is not MountStep.Find { IsWithin: true } find ? null : errno switch
    {
        Errno.ENOENT => find.IsFile ? "there is no such file" : "there is no such directory",
        Errno.ENOTDIR => find.IsFile ? "something in its path is no directory" : "it is no directory",
        Errno.ENAMETOOLONG => "its path has a name that is too long",
        Errno.ELOOP => "its path has too many links, or one that the kernel does not follow here",
        Errno.EXDEV => "a link in its path leads out of what the site allows",
        Errno.EACCES or Errno.EPERM => "the payload's account may not open it",
        _ => null,
    };
}
