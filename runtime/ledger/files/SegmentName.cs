using System.Globalization;

namespace Isolation.Ledger;

/// <summary>The file name of a segment: the number of its first record, at least eight digits, and <c>.ndjson</c>.</summary>
internal readonly record struct SegmentName(long FirstSequence)
{
    private const string Suffix = ".ndjson";

    /// <summary>Every segment in a directory, oldest first.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public static List<SegmentName> In(string directory)
    {
        List<SegmentName> names = [];
        foreach (string path in Directory.EnumerateFiles(directory, "*" + Suffix))
        {
            if (TryParse(Path.GetFileName(path), out SegmentName name))
                names.Add(name);
        }

        names.Sort((left, right) => left.FirstSequence.CompareTo(right.FirstSequence));
        return names;
    }

    public string PathIn(string directory) => Path.Combine(directory, ToString());

    public override string ToString() => FirstSequence.ToString("D8", CultureInfo.InvariantCulture) + Suffix;

    private static bool TryParse(string file, out SegmentName name)
    {
        bool read = long.TryParse(file.AsSpan(0, file.Length - Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long first);
        name = new SegmentName(first);
        return read && name.ToString() == file;
    }
}
