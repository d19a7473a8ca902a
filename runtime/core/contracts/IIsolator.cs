namespace Isolation.Core;

/// <summary>Builds rooms of one level. The isolators differ only in this; what follows is the same for all.</summary>
public interface IIsolator
{
    /// <summary>Level, room kinds, positions.</summary>
    IsolatorDescription Description { get; }

    /// <summary>Tries the level on this host, now.</summary>
    Task<Readiness> ProbeAsync(CancellationToken ct);

    /// <summary>Builds an empty room; its ticket is written before anything else. A failure undoes what was done.</summary>
    /// <exception cref="SetupException">A step failed.</exception>
    Task<IRoom> BuildAsync(RoomPlan plan, CancellationToken ct);
}
