using System.Text;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>One line of mountinfo (proc(5)).</summary>
/// <param name="Id">The kernel's number of the mount: no two mounts of a host have the same, in whatever namespace.</param>
/// <param name="Device">Of what it shows.</param>
/// <param name="Point">Where, as the process sees it; blanks and the like are octal, as the kernel writes them.</param>
/// <param name="FileSystem">Its type.</param>
/// <param name="Options">Of the file system.</param>
internal sealed record MountLine(string Id, string Device, string Point, string FileSystem, string Options);

/// <summary>The mounts that a process sees.</summary>
internal static class MountTable
{
    private const int LargestText = 1 << 20; // a process can mount as much as it likes

    /// <summary>Those of a process; null where they cannot be read, or are too many.</summary>
    public static IReadOnlyList<MountLine>? TryRead(string pid)
    {
        using Descriptor? file = Sys.TryOpen(null, Encoding.ASCII.GetBytes($"/proc/{pid}/mountinfo"), Sys.O_RDONLY, 0, out _);
        if (file is null)
            return null;
        byte[] text = new byte[LargestText];
        int length = 0;
        for (int count; length < text.Length; length += count)
        {
            count = Sys.TryRead(file, text.AsSpan(length), out _);
            if (count < 0)
                return null;
            if (count == 0)
                return Parse(Encoding.UTF8.GetString(text, 0, length));
        }

        return null;
    }

    /// <summary>Reads the lines of mountinfo; those that are none are left out.</summary>
    public static IReadOnlyList<MountLine> Parse(string text)
    {
        List<MountLine> mounts = [];
        foreach (string line in text.Split('\n'))
        {
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-", Math.Min(6, fields.Length));
            if (dash > 0 && fields.Length > dash + 3)
                mounts.Add(new MountLine(fields[0], fields[2], fields[4], fields[dash + 1], fields[dash + 3]));
        }

        return mounts;
    }
}
