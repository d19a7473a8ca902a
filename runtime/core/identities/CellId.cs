namespace Isolation.Core;

/// <summary>
/// The name of one room and of the cell it becomes. Every name on the host (cgroup, directory, socket) derives from it,
/// so that what a crash left behind can be found. A room built for one payload bears that payload's id.
/// </summary>
public readonly record struct CellId(Guid Value)
{
    /// <summary>The id of a room that is built for this payload.</summary>
    public static CellId For(PayloadId payload) => new(payload.Value);

    /// <summary>Reads the 36-character form; false for anything else.</summary>
    public static bool TryParse(string? text, out CellId id)
    {
        bool read = Guid.TryParseExact(text, "D", out Guid value);
        id = new CellId(value);
        return read;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
