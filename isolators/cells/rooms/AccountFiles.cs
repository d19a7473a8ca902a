using System.Globalization;
using System.Text;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// The files passwd and group as a payload sees them: the host's, with an entry for its own account. An account of a range has none on the
/// host, and programs ask for one (<c>id</c>, <c>whoami</c>, Python's getpass).
/// </summary>
internal static class AccountFiles
{
    private const ulong Inert = MountAttributes.NoSetId | MountAttributes.NoDevices | MountAttributes.NoExecution;
    private static readonly HostEntriesFile Users = new("/etc/passwd"), Groups = new("/etc/group");

    /// <summary>Makes both files, in a directory that is attached nowhere yet.</summary>
    /// <param name="account">The payload's.</param>
    /// <param name="home">Its home directory.</param>
    /// <param name="clock">The clock.</param>
    /// <returns>The directory, and the account's name in its room: the host's for it, else one that begins with a letter.</returns>
    internal static (Descriptor Directory, string Name) Make(Account account, string home, TimeProvider clock)
    {
        (string uid, string gid) = (account.Uid.ToString(), account.Gid.Value.ToString(CultureInfo.InvariantCulture));
        HostEntries users = Users.Now(clock), groups = Groups.Now(clock);
        string name = account.Name ?? users.NameOf(uid) ?? "p" + uid, group = groups.NameOf(gid) ?? name;

        Descriptor directory = NewMount.Make("tmpfs", Inert, ("size", "32m"), ("mode", "755"));
        try
        {
            Write(directory, "passwd", $"{name}:x:{uid}:{gid}:payload:{home}:/bin/sh", users.Without(name, uid));
            Write(directory, "group", $"{group}:x:{gid}:", groups.Without(group, gid));
            Sys.SetMountAttributes(directory, new MountAttributes { Set = MountAttributes.ReadOnly, Propagation = MountAttributes.Private }, "account files");
            return (directory, name);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static void Write(Descriptor directory, string name, string own, string others)
    {
        using Descriptor file = Sys.Open(directory, name, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_EXCL, 0x1a4);
        Sys.WriteAll(file, Encoding.Latin1.GetBytes($"{own}\n{others}"));
    }
}
