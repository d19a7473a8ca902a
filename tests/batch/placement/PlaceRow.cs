namespace Isolation.Batch.Tests;

/// <summary>What was measured of one tree and position, as the page tells it. Nothing in it differs between two runs.</summary>
/// <param name="Tree">The tree's name.</param>
/// <param name="Position">The position's name.</param>
/// <param name="Got">How a payload comes to be there, or why it cannot.</param>
/// <param name="JobLimits">Which of the job's limits held.</param>
/// <param name="Accounting">Which of the batch system's counters saw it.</param>
/// <param name="OwnLimits">Which limits of the payload's own held.</param>
/// <param name="Kill">What became of it when the batch system killed the job.</param>
/// <param name="Emptiness">What the record said of its processes, and whether it was so.</param>
internal sealed record PlaceRow(
    string Tree, string Position, string Got, string JobLimits = "", string Accounting = "", string OwnLimits = "", string Kill = "", string Emptiness = "")
{
    /// <summary>Where nothing held.</summary>
    public const string Nothing = "no";

    /// <summary>The names of those that held.</summary>
    public static string Held(params IEnumerable<(string Name, bool? Held)> all)
    {
        string[] there = [.. all.Where(one => one.Held is not null).Select(one => one.Name)], held = [.. all.Where(one => one.Held is true).Select(one => one.Name)];
        return there.Length == 0 ? "none to hold" : held.Length == 0 ? Nothing : held.Length < there.Length ? string.Join(", ", held) + " only" : string.Join(", ", held);
    }

    /// <summary>A line of the page's table.</summary>
    public string Line => JobLimits.Length == 0
        ? $"| | `{Position}` | – | – | – | – | – | {Got} |"
        : $"| | `{Position}` | {JobLimits} | {Accounting} | {OwnLimits} | {Kill} | {Emptiness} | {Got} |";
}
