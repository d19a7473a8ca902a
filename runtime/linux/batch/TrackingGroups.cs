using System.Collections.Immutable;
using System.Globalization;
using Isolation.Core;

namespace Isolation.Linux;

/// <summary>
/// The group ids by which batch systems of this host track their jobs, as the site says: <c>gid_range</c> of SGE (sge_conf(5)),
/// MIN_TRACKING_GID to MAX_TRACKING_GID of HTCondor (USE_GID_PROCESS_TRACKING).
/// </summary>
public sealed class TrackingGroups
{
    /// <summary>None: no group says anything.</summary>
    public static readonly TrackingGroups None = new([]);

    private readonly ImmutableArray<(BatchSystem System, uint First, uint Last)> _ranges;

    /// <summary>No group says anything.</summary>
    public bool IsEmpty => _ranges.IsEmpty;

    private TrackingGroups(ImmutableArray<(BatchSystem System, uint First, uint Last)> ranges) => _ranges = ranges;

    /// <summary>Reads <c>SYSTEM:FIRST-LAST</c>, several with commas between; empty for none.</summary>
    /// <param name="text">For example <c>sge:20000-20100,htcondor:750-757</c>.</param>
    /// <param name="groups">The ranges.</param>
    /// <returns>What is wrong with the text, or null.</returns>
    public static string? TryParse(string text, out TrackingGroups groups)
    {
        groups = None;
        List<(BatchSystem System, uint First, uint Last)> ranges = [];
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] fields = part.Split(':', '-');
            if (fields.Length != 3 || !BatchSystemNames.TryParse(fields[0], out BatchSystem system)
                || !uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint first)
                || !uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint last)
                || first == 0 || last < first)
                return $"'{part}' is not SYSTEM:FIRST-LAST, with a system of {string.Join(", ", BatchSystemNames.All.Select(s => s.Name()))} and two group ids above 0";
            ranges.Add((system, first, last));
        }

        groups = new TrackingGroups([.. ranges]);
        return null;
    }

    /// <summary>The tracking group among the supplementary groups of a process; the lowest where there are several.</summary>
    public (BatchSystem System, GroupId Group)? Find(IEnumerable<uint> supplementary)
    {
        if (_ranges.IsEmpty)
            return null;
        foreach (uint gid in supplementary.Order())
        {
            foreach ((BatchSystem system, uint first, uint last) in _ranges)
            {
                if (gid >= first && gid <= last)
                    return (system, new GroupId(gid));
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', _ranges.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.System.Name()}:{r.First}-{r.Last}")));
}
