using System.Globalization;
using System.Text;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Isolators.Setuid;

/// <summary>
/// The files passwd and group as a payload sees them: the host's, with an entry for its own account. An account of a range has none on the
/// host, and programs ask for one (<c>id</c>, <c>whoami</c>, Python's getpass).
/// </summary>
internal static class AccountFiles
{
    private const ulong Inert = MountAttributes.NoSetId | MountAttributes.NoDevices | MountAttributes.NoExecution;
    private const long MostOfTheHosts = 8 << 20;

    /// <summary>Makes both files, in a directory that is attached nowhere yet.</summary>
    /// <param name="account">The payload's.</param>
    /// <param name="home">Its home directory.</param>
    /// <returns>The directory, and the account's name in its room: the host's for it, else one that begins with a letter.</returns>
    internal static (Descriptor Directory, string Name) Make(Account account, string home)
    {
        (string uid, string gid) = (account.Uid.ToString(), account.Gid.Value.ToString(CultureInfo.InvariantCulture));
        string[] users = Lines("/etc/passwd"), groups = Lines("/etc/group");
        string name = account.Name ?? users.Select(Fields).FirstOrDefault(fields => fields[2] == uid)?[0] ?? "p" + uid;
        string group = groups.Select(Fields).FirstOrDefault(fields => fields[2] == gid)?[0] ?? name;

        Descriptor directory = NewMount.Make("tmpfs", Inert, ("size", "32m"), ("mode", "755"));
        try
        {
            Write(directory, "passwd", $"{name}:x:{uid}:{gid}:payload:{home}:/bin/sh", Others(users, name, uid));
            Write(directory, "group", $"{group}:x:{gid}:", Others(groups, group, gid));
            Sys.SetMountAttributes(directory, new MountAttributes { Set = MountAttributes.ReadOnly, Propagation = MountAttributes.Private }, "account files");
            return (directory, name);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static void Write(Descriptor directory, string name, string own, IEnumerable<string> others)
    {
        using Descriptor file = Sys.Open(directory, name, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_EXCL, 0x1a4);
        Sys.WriteAll(file, Encoding.Latin1.GetBytes(string.Concat(others.Prepend(own).Select(line => line + "\n"))));
    }

    // No second entry of the same name or number.
    private static IEnumerable<string> Others(string[] lines, string name, string id)
        => lines.Where(line => Fields(line) is string[] fields && fields[0] != name && fields[2] != id);

    private static string[] Fields(string line) => line.Split(':') is { Length: > 2 } fields ? fields : [line, "", ""];

    // Latin-1 passes every byte as it is.
    private static string[] Lines(string path) => new FileInfo(path) is { Exists: true, Length: <= MostOfTheHosts } ? File.ReadAllLines(path, Encoding.Latin1) : [];
}
