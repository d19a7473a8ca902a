using System.Globalization;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>
/// Lends the accounts of the policy in force. Thread-safe: one lock is held around each change and its line in the journal, so
/// that the order of the file is the order of what happened. A change is written first and takes effect after; one that could
/// not be written did not happen.
/// <para>An account of its own is picked round robin, so that a freed one rests as long as possible. What excludes an account is
/// known by its uid, whatever entry it was lent from, and so a reload that moves accounts between entries lends none twice.</para>
/// </summary>
public sealed class Leases : ILeases, IDisposable
{
    /// <summary>About 6 MB of journal between two rewritings.</summary>
    internal const int RewriteAfter = 20_000;

    private readonly Lock _gate = new();
    private readonly LeaseTable _table;
    private readonly LeaseJournal _journal;
    private readonly string _directory;
    private readonly TimeProvider _clock;
    private PolicySnapshot _policy;
    private int _rewriteAt = RewriteAfter;

    internal Leases(LeaseTable table, LeaseJournal journal, string directory, PolicySnapshot policy, TimeProvider clock)
        => (_table, _journal, _directory, _policy, _clock) = (table, journal, directory, policy, clock);

    /// <summary>The leases that have not ended, oldest first. After a restart in the same boot those of before are among them.</summary>
    public IReadOnlyList<HeldLease> Held
    {
        get
        {
            lock (_gate)
                return [.. _table.Held.Values.OrderBy(h => h.Since)];
        }
    }

    /// <summary>The accounts that are kept back, oldest first.</summary>
    public IReadOnlyList<Quarantined> Quarantined
    {
        get
        {
            DateTimeOffset now = _clock.GetUtcNow();
            lock (_gate)
                return [.. _table.Quarantined.Values.Where(q => _table.IsQuarantined(q.Account.Uid, now)).OrderBy(q => q.Since)];
        }
    }

    /// <summary>Accounts of identities on which residue was found, oldest first.</summary>
    public IReadOnlyList<NotedResidue> Noted
    {
        get
        {
            lock (_gate)
                return [.. _table.Noted.Values.OrderBy(n => n.Since)];
        }
    }

    /// <summary>Opens the leases of a directory, which must exist; one service at a time.</summary>
    /// <param name="directory">Where the journal is or will be.</param>
    /// <param name="bootId">Of the running kernel (/proc/sys/kernel/random/boot_id): leases of payloads from before a reboot are freed.</param>
    /// <param name="policy">The policy in force.</param>
    /// <param name="clock">The clock.</param>
    /// <exception cref="IOException">The journal cannot be read or written, or another service has it open.</exception>
    /// <exception cref="InvalidDataException">The journal is damaged; the message says where and what to do.</exception>
    public static Leases Open(string directory, string bootId, PolicySnapshot policy, TimeProvider clock)
    {
        LeaseTable table = LeaseJournal.Read(directory);
        table.Apply(new JournalLine(JournalLine.BootOp) { Boot = bootId });
        LeaseJournal journal = LeaseJournal.Create(directory, table.Lines(clock.GetUtcNow()));
        return new Leases(table, journal, directory, policy, clock);
    }

    /// <summary>Lends from that policy from now on. Leases that are held stay as they are.</summary>
    public void Use(PolicySnapshot policy)
    {
        lock (_gate)
            _policy = policy;
    }

    /// <inheritdoc/>
    public ValueTask<LeaseResult> TakeAsync(PayloadId payload, Decision.Admit decision)
    {
        lock (_gate)
            return ValueTask.FromResult(Take_NeedsLock(payload, decision));
    }

    /// <inheritdoc/>
    public ValueTask<LeaseResult> PreviewAsync(PayloadId payload, Decision.Admit decision)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<LeaseResult>(!_policy.Accounts.TryGetValue(decision.AccountRule, out AccountEntry? entry) ? NotThere(decision)
                : (Assigned_NeedsLock(entry, decision) ?? NextFree_NeedsLock(entry)) is Account account
                ? new LeaseResult.Lent(new Lease(payload, account, entry.Name, Shared: entry.PerIdentity))
                : Exhausted_NeedsLock(entry));
        }
    }

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(Lease lease, Residue residue)
    {
        lock (_gate)
            Release_NeedsLock(lease.Payload, residue);
        return ValueTask.CompletedTask;
    }

    /// <summary>An operator says that an account is clean: it can be lent again.</summary>
    /// <returns>False when it is not in quarantine.</returns>
    /// <exception cref="IOException">It could not be written; the account stays where it is.</exception>
    public bool Clear(UserId uid)
    {
        lock (_gate)
        {
            if (!_table.IsQuarantined(uid, _clock.GetUtcNow()))
                return false;
            Write_NeedsLock([new JournalLine(JournalLine.ClearOp) { Uid = uid.Value }], durable: true);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _journal.Dispose();

    private LeaseResult Take_NeedsLock(PayloadId payload, Decision.Admit decision)
    {
        if (_table.Held.ContainsKey(payload))
            throw new InvalidOperationException($"payload {payload} has an account already");
        if (!_policy.Accounts.TryGetValue(decision.AccountRule, out AccountEntry? entry))
            return NotThere(decision);

        string? identity = entry.PerIdentity ? KeyOf(decision.Identity) : null;
        Account? known = Assigned_NeedsLock(entry, decision);
        Account? account = known ?? NextFree_NeedsLock(entry);
        if (account is null)
            return Exhausted_NeedsLock(entry);

        var lease = new Lease(payload, account, entry.Name, Shared: entry.PerIdentity);
        JournalLine take = JournalLine.Take(lease, _clock.GetUtcNow());
        bool assigns = identity is not null && known is null;
        try
        {
            Write_NeedsLock(assigns
                ? [new JournalLine(JournalLine.AssignOp) { Rule = entry.Name, Identity = identity, Uid = account.Uid.Value }, take]
                : [take], durable: assigns);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new LeaseResult.Exhausted(
                $"no account can be lent: the journal {Path.Combine(_directory, LeaseJournal.FileName)} cannot be written: {e.Message.TrimEnd('.')}",
                "An administrator can make space on, or mend, the disk of the state directory.");
        }

        return new LeaseResult.Lent(lease);
    }

    // The account that an identity keeps.
    private Account? Assigned_NeedsLock(AccountEntry entry, Decision.Admit decision)
        => entry.PerIdentity && _table.AssignedTo(entry.Name, KeyOf(decision.Identity)) is UserId uid && entry.Source.IndexOf(uid) is >= 0 and long index
            ? entry.Source[index]
            : null;

    private static LeaseResult.Exhausted NotThere(Decision.Admit decision)
        => new($"the entry '{decision.AccountRule}' is no longer in the policy", "Ask again: the policy has just changed.");

    private Account? NextFree_NeedsLock(AccountEntry entry)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        long start = _table.LastOf(entry.Name) is UserId last ? entry.Source.IndexOf(last) + 1 : 0;
        for (long i = 0; i < entry.Source.Count; i++)
        {
            Account candidate = entry.Source[(start + i) % entry.Source.Count];
            if (!_table.IsHeld(candidate.Uid) && !_table.IsAssigned(candidate.Uid) && !_table.IsQuarantined(candidate.Uid, now))
                return candidate;
        }

        return null;
    }

    private LeaseResult.Exhausted Exhausted_NeedsLock(AccountEntry entry)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        bool Of(UserId uid) => entry.Source.IndexOf(uid) >= 0;
        int kept = _table.Quarantined.Keys.Count(uid => Of(uid) && _table.IsQuarantined(uid, now));
        int assigned = _table.AssignedUids.Count(Of);
        int lent = _table.HeldUids.Count(uid => Of(uid) && !_table.IsAssigned(uid));
        string assignedText = assigned > 0 ? $", {assigned} assigned to identities" : "";
        return new LeaseResult.Exhausted(
            string.Create(CultureInfo.InvariantCulture,
                $"no account of '{entry.Name}' is free: of {entry.Source.Count}, {lent} lent{assignedText}, {kept} in quarantine"),
            kept > 0 ? "Ask again when a payload has ended; or an administrator can clear the accounts in quarantine or give the entry more accounts."
                : "Ask again when a payload has ended; or an administrator can give the entry more accounts.");
    }

    private void Release_NeedsLock(PayloadId payload, Residue residue)
    {
        if (!_table.Held.TryGetValue(payload, out HeldLease? held))
            return;
        DateTimeOffset now = _clock.GetUtcNow();
        List<JournalLine> lines = [];
        if (residue.IsDirty && held.Lease.Shared)
            lines.Add(JournalLine.Noted(new NotedResidue(held.Lease.Account, held.Lease.Rule, now, Describe(residue))));
        else if (residue.IsDirty)
            lines.Add(JournalLine.Quarantine(new Quarantined(held.Lease.Account, held.Lease.Rule, now, now + KeepFor_NeedsLock(held.Lease.Rule),
                Describe(residue))));
        lines.Add(new JournalLine(JournalLine.FreeOp) { Payload = payload.Value });
        try
        {
            Write_NeedsLock(lines, durable: residue.IsDirty);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The payload has ended all the same. In this process the account is free or kept back as it should be; on disk it is
            // still lent until the journal can be rewritten, which errs on the safe side.
            lines.ForEach(_table.Apply);
        }
    }

    private TimeSpan? KeepFor_NeedsLock(string entry) => _policy.Accounts.TryGetValue(entry, out AccountEntry? found) ? found.QuarantineFor : null;

    private void Write_NeedsLock(IReadOnlyList<JournalLine> lines, bool durable)
    {
        if (_journal.Suspect)
            _journal.Rewrite(_directory, _table.Lines(_clock.GetUtcNow()));
        _journal.Append(lines, durable);
        foreach (JournalLine line in lines)
            _table.Apply(line);
        if (_journal.Appended < _rewriteAt)
            return;
        try
        {
            _journal.Rewrite(_directory, _table.Lines(_clock.GetUtcNow()));
            _rewriteAt = RewriteAfter;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The long file is as good as the short one; what ails the disk shows at the next line that cannot be appended.
            _rewriteAt = _journal.Appended + RewriteAfter;
        }
    }

    /// <summary>A pilot's own name and a claimed subject of the same spelling are two identities.</summary>
    private static string KeyOf(Identity identity) => identity switch
    {
        Identity.PilotItself => $"pilot:{identity.Subject}",
        Identity.Claimed => $"claim:{identity.Subject}",
        _ => throw new InvalidOperationException("an identity of an unknown kind"),
    };

    private static string Describe(Residue residue)
    {
        (string Kind, Finding Finding)[] kinds =
        [
            ("processes", residue.Processes), ("cgroups", residue.Cgroups), ("ipc", residue.Ipc), ("files", residue.Files), ("scratch", residue.Scratch),
        ];
        string text = string.Join("; ", kinds.Where(k => k.Finding is Finding.Found).Select(k => $"{k.Kind}: {((Finding.Found)k.Finding).What}"));
        return text.Length <= 1000 ? text : string.Concat(text.AsSpan(0, 1000), "…");
    }
}
