using System.Collections.Immutable;
using System.Globalization;
using Isolation.Core;

namespace Isolation.Policy;

public sealed partial record HostFacts
{
    /// <summary>
    /// Reads /etc/passwd, group, subuid, subgid and sssd/sssd.conf (with sssd/conf.d). A file that is not there says nothing; one
    /// that cannot be read is named in <see cref="Unread"/> (sssd.conf is root's alone: a check by root sees it).
    /// </summary>
    /// <param name="root">The directory that holds <c>etc</c>.</param>
    public static HostFacts Read(string root = "/")
    {
        List<string> unread = [];
        string etc = Path.Combine(root, "etc");
        return new HostFacts(
            [.. Lines(Path.Combine(etc, "passwd"), unread).Select(Account).OfType<HostAccount>()],
            [.. Lines(Path.Combine(etc, "group"), unread).Select(Group).OfType<HostGroup>()],
            [.. Subordinate(Path.Combine(etc, "subuid"), unread), .. Subordinate(Path.Combine(etc, "subgid"), unread)],
            [.. SssdFiles(etc, unread).SelectMany(file => SssdConf.IdRanges(file, Lines(file, unread)))],
            [.. unread]);
    }

    private static List<string> SssdFiles(string etc, List<string> unread)
    {
        string folder = Path.Combine(etc, "sssd");
        List<string> files = [Path.Combine(folder, "sssd.conf")];
        try
        {
            if (Directory.Exists(Path.Combine(folder, "conf.d")))
                files.AddRange(Directory.GetFiles(Path.Combine(folder, "conf.d"), "*.conf").Order(StringComparer.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unread.Add($"{Path.Combine(folder, "conf.d")}: {e.Message}");
        }

        return files;
    }

    private static string[] Lines(string file, List<string> unread)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unread.Add($"{file}: {e.Message}");
            return [];
        }
    }

    // name:password:uid:gid:…; lines of another shape are what NIS and comments look like, and the C library skips them as well.
    private static HostAccount? Account(string line)
        => line.Split(':') is [{ Length: > 0 } name, _, var uid, var gid, ..] && Id(uid) is uint u && Id(gid) is uint g
            ? new HostAccount(name, new UserId(u), new GroupId(g))
            : null;

    private static HostGroup? Group(string line)
        => line.Split(':') is [{ Length: > 0 } name, _, var gid, var members, ..] && Id(gid) is uint g
            ? new HostGroup(name, new GroupId(g), [.. members.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)])
            : null;

    private static IEnumerable<TakenIds> Subordinate(string file, List<string> unread)
    {
        foreach (string line in Lines(file, unread))
            if (line.Split(':') is [{ Length: > 0 } name, var first, var count] && Id(first) is uint f && Id(count) is uint n and > 0)
                yield return new TakenIds(f, (uint)Math.Min(uint.MaxValue, (ulong)f + n - 1), $"{file}, {name}");
    }

    private static uint? Id(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : null;
}
