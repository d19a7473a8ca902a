using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>One entry under <c>accounts</c> that payload accounts are leased from.</summary>
/// <param name="Name">The entry's name.</param>
/// <param name="Source">The accounts.</param>
/// <param name="PerIdentity">Each identity keeps one account for ever; otherwise each payload has one of its own.</param>
/// <param name="QuarantineFor">How long an account with residue is kept back; null: until an operator clears it.</param>
internal sealed record AccountEntry(string Name, AccountSource Source, bool PerIdentity, TimeSpan? QuarantineFor);

/// <summary>Accounts in a fixed order.</summary>
internal abstract record AccountSource
{
    private AccountSource() { }

    /// <summary>How many there are.</summary>
    public abstract long Count { get; }

    /// <summary>The account at that place, counted from 0.</summary>
    public abstract Account this[long index] { get; }

    /// <summary>The place of the account of that uid, or -1.</summary>
    public abstract long IndexOf(UserId uid);

    /// <summary>Accounts of the host called <c>prefix</c> + digits.</summary>
    internal sealed record Pool(string Prefix, ImmutableArray<Account> Members) : AccountSource
    {
        public override long Count => Members.Length;

        public override Account this[long index] => Members[(int)index];

        public override long IndexOf(UserId uid)
        {
            for (int i = 0; i < Members.Length; i++)
                if (Members[i].Uid == uid)
                    return i;
            return -1;
        }
    }

    /// <summary>
    /// The ids of rooms with a user namespace of their own (<c>accounts: rooms</c>): of each room's the second, since the first is its cell-init's. The first room's
    /// are left out: where a payload has an account from elsewhere, its cell-init has that room's first id.
    /// </summary>
    internal sealed record Rooms(IdSpan Ids, long PerRoom) : AccountSource
    {
        public override long Count => (Ids.Count / PerRoom) - 1;

        public override Account this[long index]
        {
            get
            {
                uint id = checked((uint)(Ids.First + ((index + 1) * PerRoom) + 1));
                return new Account(new UserId(id), new GroupId(id), [], null);
            }
        }

        public override long IndexOf(UserId uid)
        {
            long place = Ids.Contains(uid.Value) ? uid.Value - Ids.First : 0;
            return place % PerRoom == 1 && place / PerRoom <= Count ? (place / PerRoom) - 1 : -1;
        }
    }

    /// <summary>Uids without a host entry, each with the gid of the same number and no other group.</summary>
    internal sealed record Range(IdSpan Ids) : AccountSource
    {
        public override long Count => Ids.Count;

        public override Account this[long index]
        {
            get
            {
                uint id = checked((uint)(Ids.First + index));
                return new Account(new UserId(id), new GroupId(id), [], null);
            }
        }

        public override long IndexOf(UserId uid) => Ids.Contains(uid.Value) ? uid.Value - Ids.First : -1;
    }
}

/// <summary>A span of ids, both ends included.</summary>
internal sealed record IdSpan(uint First, uint Last)
{
    public long Count => (long)Last - First + 1;

    public bool Contains(uint id) => id >= First && id <= Last;

    public bool Overlaps(uint first, uint last) => First <= last && first <= Last;

    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{First}-{Last}");
}
