using System.Collections.Immutable;
using Isolation.Core;
using Isolation.Policy;

namespace Isolation.Daemon;

/// <summary>The policy file of this service, read and checked; a reload swaps the snapshot by reference, or changes nothing.</summary>
internal sealed class SitePolicy : ISitePolicy
{
    private readonly string _path;
    private PolicySnapshot _snapshot;
    private Action<PolicySnapshot>? _swapped;

    private SitePolicy(string path, PolicySnapshot snapshot) => (_path, _snapshot) = (path, snapshot);

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lines">Every fault, or the notes of a good file.</param>
    /// <returns>Null when there is a fault.</returns>
    public static SitePolicy? TryRead(string path, out ImmutableArray<string> lines)
        => Read(path, out lines) is { } snapshot ? new SitePolicy(path, snapshot) : null;

    /// <summary>The snapshot in force.</summary>
    public PolicySnapshot Snapshot => Volatile.Read(ref _snapshot);

    public IPolicy Current => Snapshot;

    public string Site => Snapshot.Site;

    public string Epoch => Snapshot.Epoch;

    /// <summary>Called with each new snapshot before it is in force.</summary>
    public void OnSwap(Action<PolicySnapshot> swapped) => _swapped = swapped;

    public bool IsPilot(UserId uid) => Snapshot.IsPilot(uid);

    public int? MaxPayloads(UserId pilot) => Snapshot.MaxPayloads(pilot);

    public (Decision Decision, IReadOnlyList<string> Trail) Explain(PayloadRequest request, IReadOnlyDictionary<Level, Readiness> readiness)
    {
        Explanation explanation = Snapshot.Explain(request, readiness);
        return (explanation.Decision, explanation.Trail);
    }

    public IReadOnlyList<string> Reload()
    {
        if (Read(_path, out ImmutableArray<string> lines) is not { } snapshot)
            return lines;
        _swapped?.Invoke(snapshot);
        Volatile.Write(ref _snapshot, snapshot);
        return [];
    }

    private static PolicySnapshot? Read(string path, out ImmutableArray<string> lines)
    {
        try
        {
            PolicyCheck check = PolicyReading.Check(path, HostFacts.Read(), out _);
            lines = check switch
            {
                PolicyCheck.Accepted accepted => PolicyReading.Lines(path, accepted.Notes),
                PolicyCheck.Refused refused => PolicyReading.Lines(path, refused.Faults),
                _ => throw new InvalidOperationException("a check without an answer"),
            };
            return (check as PolicyCheck.Accepted)?.Snapshot;
        }
        catch (IOException e)
        {
            lines = [$"{path}: {e.Message}"];
            return null;
        }
    }
}
