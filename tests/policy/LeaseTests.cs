using System.Collections.Concurrent;
using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Promise: an account of its own is never lent twice at a time, an identity keeps its account, and neither a restart nor residue is forgotten.</summary>
public sealed class LeaseTests : IDisposable
{
    private const string Ten = Files.Good;

    private static readonly string Sticky = Files.With(("per: payload", "per: identity"));
    private static readonly Residue Clean = Residue.OfAll(new Finding.NothingFound("/tmp"));
    private static readonly Residue Dirty = Clean with { Files = new Finding.Found("/tmp/x") };

    private readonly string _directory = Directory.CreateTempSubdirectory("isolation-leases-").FullName;
    private readonly Clock _clock = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Each_payload_has_an_account_of_its_own_until_none_is_left()
    {
        using Leases leases = Open(Ten);
        List<Lease> lent = [];
        for (int i = 0; i < 10; i++)
            lent.Add(await Take(leases));
        Assert.Equal(Enumerable.Range(2000000, 10).Select(u => (uint)u), lent.Select(l => l.Account.Uid.Value));
        Assert.All(lent, l => Assert.Equal((l.Account.Uid.Value, 0, null, false), (l.Account.Gid.Value, l.Account.Groups.Length, l.Account.Name, l.Shared)));

        LeaseResult.Exhausted none = Assert.IsType<LeaseResult.Exhausted>(await leases.TakeAsync(PayloadId.New(_clock), Asks.Admitted()));
        Assert.Equal("no account of 'default' is free: of 10, 10 lent, 0 in quarantine", none.Cause);
    }

    [Fact]
    public async Task Of_the_ids_of_rooms_each_ones_second_is_lent_and_the_first_rooms_never()
    {
        using Leases leases = Open(Files.With(("  default: {", "  rooms: { range: 3000000-3000016, ids-per-room: 4 }\n  default: {")));
        List<uint> lent = [];
        while (await leases.TakeAsync(PayloadId.New(_clock), Asks.Admitted("rooms")) is LeaseResult.Lent(Lease lease))
            lent.Add(lease.Account.Uid.Value);
        Assert.Equal<uint>([3000005, 3000009, 3000013], lent);
    }

    [Fact]
    public async Task A_freed_account_is_lent_again_last()
    {
        using Leases leases = Open(Ten);
        Lease first = await Take(leases);
        await leases.ReleaseAsync(first, Clean);
        for (uint i = 1; i < 10; i++)
        {
            Lease next = await Take(leases);
            Assert.Equal(2000000 + i, next.Account.Uid.Value);
            await leases.ReleaseAsync(next, Clean);
        }

        Assert.Equal(first.Account, (await Take(leases)).Account);
    }

    [Fact]
    public async Task Round_robin_goes_on_after_a_restart()
    {
        using (Leases leases = Open(Ten))
            await leases.ReleaseAsync(await Take(leases), Clean);
        using Leases again = Open(Ten);
        Assert.Equal(2000001u, (await Take(again)).Account.Uid.Value);
    }

    [Fact]
    public async Task A_second_release_changes_nothing()
    {
        using Leases leases = Open(Ten);
        Lease lease = await Take(leases);
        await leases.ReleaseAsync(lease, Clean);
        for (int i = 0; i < 9; i++)
            await Take(leases);
        Lease holder = await Take(leases);
        Assert.Equal(lease.Account, holder.Account);

        await leases.ReleaseAsync(lease, Dirty);
        Assert.Empty(leases.Quarantined);
        Assert.Equal(10, leases.Held.Count);
    }

    [Fact]
    public async Task An_identity_keeps_its_account_across_restarts_and_shares_it_with_itself()
    {
        Account alice, bob, pilot;
        using (Leases leases = Open(Sticky))
        {
            Lease first = await Take(leases, claim: "alice");
            Assert.True(first.Shared);
            alice = first.Account;
            bob = (await Take(leases, claim: "bob")).Account;
            pilot = (await Take(leases)).Account;
            Assert.Equal(alice, (await Take(leases, claim: "alice")).Account);
            await leases.ReleaseAsync(first, Clean);
        }

        Assert.Equal(3, new[] { alice, bob, pilot }.Distinct().Count());
        using Leases again = Open(Sticky, boot: "other boot");
        Assert.Equal(bob, (await Take(again, claim: "bob")).Account);
        Assert.Equal(alice, (await Take(again, claim: "alice")).Account);
        Assert.Equal(pilot, (await Take(again)).Account);

        // 'pilot' as a claim is not the pilot of that name
        Assert.NotEqual(pilot, (await Take(again, claim: "pilot")).Account);
    }

    [Fact]
    public async Task Identities_exhaust_an_entry_too()
    {
        using Leases leases = Open(Sticky);
        for (int i = 0; i < 10; i++)
            await leases.ReleaseAsync(await Take(leases, claim: $"u{i}"), Clean);
        var none = Assert.IsType<LeaseResult.Exhausted>(await leases.TakeAsync(PayloadId.New(_clock), Asks.Admitted(claim: "one more")));
        Assert.Equal("no account of 'default' is free: of 10, 0 lent, 10 assigned to identities, 0 in quarantine", none.Cause);
        await Take(leases, claim: "u3");
    }

    [Fact]
    public async Task Residue_on_a_shared_account_is_noted_and_it_stays_with_its_identity()
    {
        Account account;
        using (Leases leases = Open(Sticky))
        {
            Lease lease = await Take(leases, claim: "alice");
            account = lease.Account;
            await leases.ReleaseAsync(lease, Dirty);
        }

        using Leases again = Open(Sticky);
        Assert.Equal("files: /tmp/x", Assert.Single(again.Noted).Why);
        Assert.Empty(again.Quarantined);
        Assert.Equal(account, (await Take(again, claim: "alice")).Account);
    }

    [Fact]
    public async Task Residue_keeps_an_account_back_until_an_operator_clears_it()
    {
        string one = Files.With(("2000000-2000009", "2000000-2000000"));
        UserId uid = new(2000000);
        using (Leases leases = Open(one))
            await leases.ReleaseAsync(await Take(leases), Dirty);

        _clock.Now += TimeSpan.FromDays(1000);
        using (Leases leases = Open(one, boot: "other boot"))
        {
            Quarantined kept = Assert.Single(leases.Quarantined);
            Assert.Equal((uid, "default", null, "files: /tmp/x"), (kept.Account.Uid, kept.Rule, kept.Until, kept.Why));
            var none = Assert.IsType<LeaseResult.Exhausted>(await leases.TakeAsync(PayloadId.New(_clock), Asks.Admitted()));
            Assert.Equal("no account of 'default' is free: of 1, 0 lent, 1 in quarantine", none.Cause);
            Assert.True(leases.Clear(uid));
            Assert.False(leases.Clear(uid));
        }

        using Leases again = Open(one);
        Assert.Equal(uid, (await Take(again)).Account.Uid);
    }

    [Fact]
    public async Task A_quarantine_with_a_time_ends_by_itself()
    {
        string one = Files.With(("2000000-2000009", "2000000-2000000"), ("per: payload", "per: payload, quarantine: 2h"));
        using (Leases leases = Open(one))
        {
            await leases.ReleaseAsync(await Take(leases), Dirty);
            _clock.Now += TimeSpan.FromMinutes(119);
            Assert.IsType<LeaseResult.Exhausted>(await leases.TakeAsync(PayloadId.New(_clock), Asks.Admitted()));
        }

        using Leases again = Open(one);
        Assert.Single(again.Quarantined);
        _clock.Now += TimeSpan.FromMinutes(1);
        Assert.Empty(again.Quarantined);
        await Take(again);
    }

    [Fact]
    public async Task Leases_stay_held_over_a_restart_and_end_with_a_reboot()
    {
        Lease held;
        using (Leases leases = Open(Ten))
            held = await Take(leases);
        using (Leases leases = Open(Ten))
        {
            HeldLease found = Assert.Single(leases.Held);
            Assert.Equal((held.Payload, held.Account.Uid), (found.Lease.Payload, found.Lease.Account.Uid));
            for (int i = 0; i < 9; i++)
                Assert.NotEqual(held.Account.Uid, (await Take(leases)).Account.Uid);
            await leases.ReleaseAsync(found.Lease, Clean);
            Assert.Equal(held.Account.Uid, (await Take(leases)).Account.Uid);
        }

        using Leases again = Open(Ten, boot: "other boot");
        Assert.Empty(again.Held);
    }

    [Fact]
    public async Task A_reload_keeps_leases_and_lends_no_account_twice()
    {
        using Leases leases = Open(Ten);
        Lease held = await Take(leases);
        leases.Use(Files.Snapshot(Files.With(("default: { range: 2000000-2000009",
            "default: { range: 2000100-2000101, per: payload }\n  new: { range: 2000000-2000001"), ("per: payload", "per: payload"))));
        Assert.Equal(2000001u, Assert.IsType<LeaseResult.Lent>(await leases.TakeAsync(PayloadId.New(_clock), Asks.Admitted("new"))).Lease.Account.Uid.Value);
        Assert.IsType<LeaseResult.Exhausted>(await leases.TakeAsync(PayloadId.New(_clock), Asks.Admitted("new")));
        await leases.ReleaseAsync(held, Clean);
        Assert.Equal(held.Account.Uid, Assert.IsType<LeaseResult.Lent>(await leases.TakeAsync(PayloadId.New(_clock), Asks.Admitted("new"))).Lease.Account.Uid);
        Assert.Equal("the entry 'gone' is no longer in the policy", Assert.IsType<LeaseResult.Exhausted>(await leases.TakeAsync(PayloadId.New(_clock),
            Asks.Admitted("gone"))).Cause);
    }

    [Fact]
    public async Task An_identitys_account_is_never_lent_to_others_after_a_reload()
    {
        using Leases leases = Open(Sticky);
        Lease alice = await Take(leases, claim: "alice");
        await leases.ReleaseAsync(alice, Clean);
        leases.Use(Files.Snapshot(Ten));
        for (int i = 0; i < 9; i++)
            Assert.NotEqual(alice.Account.Uid, (await Take(leases)).Account.Uid);
        Assert.IsType<LeaseResult.Exhausted>(await leases.TakeAsync(PayloadId.New(_clock), Asks.Admitted()));
    }

    [Fact]
    public async Task Pool_accounts_come_with_name_and_groups()
    {
        using Leases leases = Open(Files.With(("range: 2000000-2000009", "pool: .atlas")));
        Lease lease = await Take(leases);
        Assert.Equal(("atlas1", 6001u, 6000u, "6500"), (lease.Account.Name, lease.Account.Uid.Value, lease.Account.Gid.Value, string.Join(",",
            lease.Account.Groups)));
    }

    [Fact]
    public async Task Sixty_four_at_once_never_share_an_account()
    {
        using Leases leases = Open(Files.With(("2000000-2000009", "2000000-2000039")));
        ConcurrentDictionary<UserId, PayloadId> holders = new();
        int lentTimes = 0;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                if (await leases.TakeAsync(PayloadId.New(TimeProvider.System), Asks.Admitted()) is not LeaseResult.Lent { Lease: Lease lease })
                    continue;
                Interlocked.Increment(ref lentTimes);
                Assert.True(holders.TryAdd(lease.Account.Uid, lease.Payload), $"uid {lease.Account.Uid} was lent twice");
                await Task.Yield();
                Assert.True(holders.TryRemove(lease.Account.Uid, out PayloadId payload));
                await leases.ReleaseAsync(lease, Clean);
            }
        })));
        Assert.True(lentTimes > 100);
        Assert.Empty(leases.Held);
    }

    private Leases Open(string policy, string boot = "boot") => Leases.Open(_directory, boot, Files.Snapshot(policy), _clock);

    private async Task<Lease> Take(Leases leases, string? claim = null)
        => Assert.IsType<LeaseResult.Lent>(await leases.TakeAsync(PayloadId.New(_clock), Asks.Admitted(claim: claim))).Lease;

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
