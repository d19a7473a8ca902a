using System.Collections.Immutable;
using System.Globalization;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Reads the section <c>accounts</c>. What the ids mean on this host is <see cref="IdChecks"/>'s to judge.</summary>
internal sealed class AccountsReader(HostFacts facts, IAccountDatabase accounts, IdChecks checks, ValueReader values, Findings findings)
{
    internal const string RoomsKey = "rooms";
    private const string EntryFix = "Write { pool: \".atlas\", per: identity } or { range: 2000000-2999999, per: payload }.";

    private static readonly Dictionary<string, bool> Per = new() { ["identity"] = true, ["payload"] = false };

    /// <summary>The entry of the ids that rooms have of their own; null where there is none, or a faulty one.</summary>
    public AccountEntry? OfRooms { get; private set; }

    /// <summary>
    /// The entries by name. An entry with a fault is there as null: a rule that names it is not told that it is unknown.
    /// </summary>
    public IReadOnlyDictionary<string, AccountEntry?> Read(Node? node)
    {
        Dictionary<string, AccountEntry?> entries = new(StringComparer.Ordinal);
        if (node is not (null or Node.Mapping or Node.Broken))
            findings.Fault(node, $"expected a block of entries, found {node.Kind}", "Write accounts: { default: { range: 2000000-2999999, per: payload } }.");
        foreach (Pair pair in (node as Node.Mapping)?.Pairs ?? [])
        {
            if (pair.Key == RoomsKey)
                Rooms(pair.Value);
            else if (values.IsName(pair.KeyAt, pair.Value.Path, pair.Key))
                entries[pair.Key] = Entry(pair);
        }

        return entries;
    }

    private void Rooms(Node node)
    {
        MapReader reader = MapReader.Of(node, findings, "Write rooms: { range: 3000000-3999999, ids-per-room: 2 }.");
        Node? range = reader.Required("range", "Write range: FIRST-LAST.");
        Node? perRoomNode = reader.Required("ids-per-room", "Write ids-per-room: 2, or 65536 for images that need them.");
        long? perRoom = values.Count(perRoomNode, 65536);
        reader.Done();
        if (Span(range) is not IdSpan ids)
            return;
        checks.Claim(range!, RoomsKey, ids);
        if (perRoom is not long each)
            return;
        if (each >= 2 && each * 2 <= ids.Count)
            OfRooms = new AccountEntry(RoomsKey, new AccountSource.Rooms(ids, each), PerIdentity: false, QuarantineFor: null);
        else
            findings.Fault(perRoomNode!, string.Create(CultureInfo.InvariantCulture,
                $"{each} ids per room do not fit: a room needs 2 or more, and the range has {ids.Count}"),
                "Write 2, or 65536 for images that need them, and a range that holds two rooms or more: the first one's ids are no payload's.");
    }

    private AccountEntry? Entry(Pair pair)
    {
        MapReader reader = MapReader.Of(pair.Value, findings, EntryFix);
        Node? pool = reader.Optional("pool");
        Node? range = reader.Optional("range");
        Node? perNode = reader.Required("per", "Write per: payload (an account for each payload) or per: identity (one for each identity, for ever).");
        bool? per = values.Choice(perNode, Per);
        Node? quarantine = reader.Optional("quarantine");
        bool untilCleared = quarantine is null or Node.Scalar { Value: "on-residue" };
        TimeSpan? keep = untilCleared ? null : values.Duration(quarantine);
        reader.Done();
        if (!reader.Exists)
            return null;

        if (pool is null == range is null)
        {
            findings.Fault(pair.Value, pool is null ? "an entry needs 'pool' or 'range'" : "an entry has 'pool' or 'range', not both", EntryFix);
            return null;
        }

        if (quarantine is not null && per == true)
            findings.Note(quarantine, "'quarantine' has an effect with 'per: payload' only: an identity keeps its account, and residue there is noted");
        AccountSource? source = pool is not null ? Pool(pool, pair.Key) : Span(range) is IdSpan ids ? new AccountSource.Range(ids) : null;
        if (source is AccountSource.Range { Ids: IdSpan span })
            checks.Claim(range!, pair.Key, span);
        return source is null || per is not bool perIdentity ? null : new AccountEntry(pair.Key, source, perIdentity, keep);
    }

    private AccountSource.Pool? Pool(Node node, string entry)
    {
        if (values.Text(node, "a pool such as .atlas") is not string text)
            return null;
        if (!PoolNames.IsPool(text))
        {
            findings.Fault(node, $"{Findings.Quote(text)} is no pool",
                "Write '.' and the part of the accounts' names before the digits: .atlas for atlas001, atlas002, …");
            return null;
        }

        HostAccount[] members = [.. PoolNames.Members(text, facts)];
        if (members.Length == 0)
            findings.Note(node,
                $"no account of the pool '{text}' is on this host: its payloads are answered 'unavailable' until they are made and the policy is read again");
        checks.Claim(node, entry, members);
        return new AccountSource.Pool(text, [.. members.Select(m => new Account(m.Uid, m.Gid, accounts.GroupsOf(m), m.Name))]);
    }

    private IdSpan? Span(Node? node)
    {
        const string Fix = "Write FIRST-LAST, for example 2000000-2999999.";
        if (values.Text(node, "a range") is not string text)
            return null;
        string[] ends = text.Split('-');
        if (ends.Length == 2
            && uint.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint first)
            && uint.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint last)
            && first <= last)
            return new IdSpan(first, last);
        findings.Fault(node!, $"{Findings.Quote(text)} is not a range of ids", Fix);
        return null;
    }
}
