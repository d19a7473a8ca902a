using System.Collections.Immutable;
using System.Globalization;

namespace Isolation.Core;

/// <summary>The names of an enumeration's flags, as policy, records and messages spell them, in one order.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
public sealed class FlagNames<T>
    where T : struct, Enum
{
    private readonly ImmutableArray<(T Flag, string Name)> _table;

    /// <summary>Takes every flag with its name.</summary>
    public FlagNames(params ImmutableArray<(T Flag, string Name)> table)
    {
        _table = table;
        Names = [.. table.Select(row => row.Name)];
        All = Union(table.Select(row => row.Flag));
    }

    /// <summary>Every name.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>Every flag that has a name.</summary>
    public T All { get; }

    /// <summary>The names of those that are set.</summary>
    public ImmutableArray<string> Of(T set) => [.. _table.Where(row => set.HasFlag(row.Flag)).Select(row => row.Name)];

    /// <summary>The flags of some names; a name that is none counts for nothing.</summary>
    public T Set(IEnumerable<string> names) => Union(_table.Where(row => names.Contains(row.Name)).Select(row => row.Flag));

    private static T Union(IEnumerable<T> flags)
        => (T)Enum.ToObject(typeof(T), flags.Aggregate(0UL, (set, flag) => set | Convert.ToUInt64(flag, CultureInfo.InvariantCulture)));
}
