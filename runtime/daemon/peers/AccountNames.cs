using System.Collections.Concurrent;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>Names of accounts, remembered for a minute: a look-up may ask a directory server, and a pilot asks often.</summary>
internal sealed class AccountNames(TimeProvider clock)
{
    private const string OperatorsName = "isolation-operators";
    private const int MostRemembered = 10_000;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<uint, (string? Name, long Stamp)> _names = new();
    private (uint? Group, long Stamp)? _operators;
    private readonly Lock _lock = new();

    /// <summary>The group whose members are operators; null when the host has none.</summary>
    public uint? OperatorsGroup
    {
        get
        {
            lock (_lock)
            {
                if (_operators is not { } known || clock.GetElapsedTime(known.Stamp) > Kept)
                    _operators = known = (HostAccounts.FindGroup(OperatorsName), clock.GetTimestamp());
                return known.Group;
            }
        }
    }

    /// <summary>The name of a uid; null when the host knows none.</summary>
    public string? NameOf(uint uid)
    {
        if (_names.TryGetValue(uid, out (string? Name, long Stamp) known) && clock.GetElapsedTime(known.Stamp) <= Kept)
            return known.Name;
        if (_names.Count > MostRemembered)
            _names.Clear();
        string? name = HostAccounts.FindUser(uid)?.Name;
        _names[uid] = (name, clock.GetTimestamp());
        return name;
    }
}
