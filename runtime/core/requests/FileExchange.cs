using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>The files that a client brings before the start and fetches after the ending, by their names in the payload's scratch.</summary>
/// <param name="In">What it brings.</param>
/// <param name="Out">What it fetches.</param>
public sealed record FileExchange(ImmutableArray<BroughtFile> In, ImmutableArray<ByteString> Out)
{
    /// <summary>The most files each way.</summary>
    public const int MostFiles = 32;

    /// <summary>The longest name, bytes: parts joined by slashes, none of them empty, <c>.</c> or <c>..</c>.</summary>
    public const int LongestName = 255;

    /// <summary>Nothing is exchanged.</summary>
    public static readonly FileExchange None = new([], []);

    /// <summary>Something is.</summary>
    public bool IsAsked => In.Length + Out.Length > 0;

    /// <summary>True for a name that an exchanged file can have.</summary>
    public static bool IsName(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > LongestName || name.Contains((byte)0))
            return false;
        foreach (Range part in name.Split((byte)'/'))
        {
            if (name[part] is [] or [(byte)'.'] or [(byte)'.', (byte)'.'])
                return false;
        }

        return true;
    }
}

/// <summary>A file that a client brings.</summary>
/// <param name="Name">Its name in the scratch.</param>
/// <param name="Bytes">Its length, as the client says.</param>
public readonly record struct BroughtFile(ByteString Name, long Bytes);

/// <summary>What became of the files that a client wanted to fetch.</summary>
public abstract record Collection
{
    private Collection() { }

    /// <summary>The client's word on each, in the order in which it asked.</summary>
    public sealed record Told(ImmutableArray<CollectedFile> Files) : Collection;

    /// <summary>Nothing was fetched.</summary>
    /// <param name="Why">One sentence.</param>
    public sealed record Skipped(string Why) : Collection;
}

/// <summary>One file.</summary>
/// <param name="Bytes">How many bytes the client says that it has taken; null where it took none.</param>
/// <param name="Why">Why not, in the client's words; null where it did.</param>
public sealed record CollectedFile(long? Bytes, string? Why);
