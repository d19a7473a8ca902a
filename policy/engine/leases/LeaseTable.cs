using Isolation.Core;

namespace Isolation.Policy;

/// <summary>
/// Who has which account: what the journal's lines come down to. Every change is a line, applied here whether it was just
/// written or is read back. Not thread-safe: <see cref="Leases"/> holds its lock around it.
/// </summary>
internal sealed class LeaseTable
{
    private readonly Dictionary<UserId, int> _holders = [];
    private readonly Dictionary<(string Rule, string Identity), UserId> _assigned = [];
    private readonly HashSet<UserId> _assignedUids = [];
    private readonly Dictionary<string, UserId> _last = new(StringComparer.Ordinal);
    private readonly Dictionary<PayloadId, HeldLease> _held = [];
    private readonly Dictionary<UserId, Quarantined> _quarantined = [];
    private readonly Dictionary<UserId, NotedResidue> _noted = [];
    private string? _boot;

    public IReadOnlyDictionary<PayloadId, HeldLease> Held => _held;

    public IReadOnlyDictionary<UserId, Quarantined> Quarantined => _quarantined;

    public IReadOnlyDictionary<UserId, NotedResidue> Noted => _noted;

    /// <summary>The accounts that somebody has now.</summary>
    public IReadOnlyCollection<UserId> HeldUids => _holders.Keys;

    /// <summary>The accounts that identities have for ever.</summary>
    public IReadOnlyCollection<UserId> AssignedUids => _assignedUids;

    /// <summary>The account that an identity has of an entry.</summary>
    public UserId? AssignedTo(string rule, string identity) => _assigned.TryGetValue((rule, identity), out UserId uid) ? uid : null;

    /// <summary>The account of an entry that was lent last.</summary>
    public UserId? LastOf(string rule) => _last.TryGetValue(rule, out UserId uid) ? uid : null;

    public bool IsHeld(UserId uid) => _holders.ContainsKey(uid);

    public bool IsAssigned(UserId uid) => _assignedUids.Contains(uid);

    public bool IsQuarantined(UserId uid, DateTimeOffset now) => _quarantined.TryGetValue(uid, out Quarantined? held) && !(held.Until <= now);

    /// <summary>The lines that make this table out of nothing, expired quarantines left out.</summary>
    public IEnumerable<JournalLine> Lines(DateTimeOffset now)
        => [
            new JournalLine(JournalLine.BootOp) { Boot = _boot },
            .. _assigned.Select(a => new JournalLine(JournalLine.AssignOp) { Rule = a.Key.Rule, Identity = a.Key.Identity, Uid = a.Value.Value }),
            .. _quarantined.Values.Where(q => !(q.Until <= now)).Select(JournalLine.Quarantine),
            .. _noted.Values.Select(JournalLine.Noted),
            .. _held.Values.Select(h => JournalLine.Take(h.Lease, h.Since)),
            .. _last.Select(l => new JournalLine(JournalLine.CursorOp) { Rule = l.Key, Uid = l.Value.Value }),
        ];

    /// <summary>Makes the change that a line tells of.</summary>
    /// <exception cref="InvalidDataException">The line is no line of a journal; nothing was changed.</exception>
    public void Apply(JournalLine line)
    {
        switch (line.Op)
        {
            case JournalLine.BootOp:
                Boot(line.Part(line.Boot));
                break;
            case JournalLine.AssignOp:
                Assign((line.Part(line.Rule), line.Part(line.Identity)), new UserId(line.Part(line.Uid)));
                break;
            case JournalLine.TakeOp:
                Take(new Lease(new PayloadId(line.Part(line.Payload)), line.Account(), line.Part(line.Rule), line.Part(line.Shared)), line.Part(line.At));
                break;
            case JournalLine.FreeOp:
                Free(new PayloadId(line.Part(line.Payload)));
                break;
            case JournalLine.QuarantineOp:
                Account kept = line.Account();
                _quarantined[kept.Uid] = new Quarantined(kept, line.Part(line.Rule), line.Part(line.At), line.Until, line.Part(line.Why));
                break;
            case JournalLine.ClearOp:
                _quarantined.Remove(new UserId(line.Part(line.Uid)));
                break;
            case JournalLine.NotedOp:
                Account noted = line.Account();
                _noted[noted.Uid] = new NotedResidue(noted, line.Part(line.Rule), line.Part(line.At), line.Part(line.Why));
                break;
            case JournalLine.CursorOp:
                _last[line.Part(line.Rule)] = new UserId(line.Part(line.Uid));
                break;
            default:
                throw new InvalidDataException($"unknown operation '{line.Op}'");
        }
    }

    /// <summary>After a reboot no payload of before lives.</summary>
    private void Boot(string boot)
    {
        if (_boot != boot)
        {
            _held.Clear();
            _holders.Clear();
        }

        _boot = boot;
    }

    private void Assign((string Rule, string Identity) key, UserId uid)
    {
        if (_assigned.TryGetValue(key, out UserId before))
            _assignedUids.Remove(before);
        _assigned[key] = uid;
        _assignedUids.Add(uid);
    }

    private void Take(Lease lease, DateTimeOffset at)
    {
        _held[lease.Payload] = new HeldLease(lease, at);
        _holders[lease.Account.Uid] = _holders.GetValueOrDefault(lease.Account.Uid) + 1;
        _last[lease.Rule] = lease.Account.Uid;
    }

    private void Free(PayloadId payload)
    {
        if (!_held.Remove(payload, out HeldLease? held))
            return;
        UserId uid = held.Lease.Account.Uid;
        if (--_holders[uid] == 0)
            _holders.Remove(uid);
    }
}
