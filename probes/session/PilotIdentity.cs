using System.Globalization;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>Becoming the pilot: root is none, and what root tries would say nothing.</summary>
internal static class PilotIdentity
{
    /// <summary>
    /// Takes the account's uid and gid, without further groups, on the calling thread and those that it starts; programs that it starts have
    /// them as a whole.
    /// </summary>
    /// <returns>Why it did not work, or null.</returns>
    public static string? Become(string account)
    {
        if (Find(account) is not (int uid and > 0, int gid and > 0))
            return $"there is no account \"{Printable.Of(account)}\" in /etc/passwd, or it is root's. Fix: name a pilot's account there, or its uid.";
        foreach ((int call, nint[] arguments) in new (int, nint[])[] { (116, [0, 0]), (Nr.setresgid, [gid, gid, gid]), (Nr.setresuid, [uid, uid, uid]) })
        {
            nint result = KernelCall.Invoke(call, arguments[0], arguments[1], arguments.Length > 2 ? arguments[2] : 0);
            if (result < 0)
                return $"cannot become {Printable.Of(account)}: {ErrnoName.Of(-result)}. Fix: run it as root, or as that account without --as.";
        }

        return null;
    }

    private static (int Uid, int Gid) Find(string account)
    {
        // A static program has no name services: the file is what there is.
        foreach (string line in Kernel.Text("/etc/passwd").Split('\n'))
        {
            string[] fields = line.Split(':');
            if (fields.Length > 3 && (fields[0] == account || fields[2] == account)
                && int.TryParse(fields[2], CultureInfo.InvariantCulture, out int uid) && int.TryParse(fields[3], CultureInfo.InvariantCulture, out int gid))
                return (uid, gid);
        }

        return (-1, -1);
    }
}
