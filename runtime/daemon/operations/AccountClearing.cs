using System.Collections.Immutable;
using System.Globalization;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary><c>clear-account</c>: an operator's word that nothing of an account's last payload is left. It is on record before it counts.</summary>
internal sealed class AccountClearing(IServiceState state, ILedger ledger)
{
    public async ValueTask ClearAsync(ClearAccountRequest request, Session session)
        => await session.Answers.WriteAsync(await AnswerAsync(request.Uid, session.Peer.Pilot.Uid).ConfigureAwait(false)).ConfigureAwait(false);

    private async Task<ServiceMessage> AnswerAsync(uint uid, UserId who)
    {
        string account = uid.ToString(CultureInfo.InvariantCulture);
        if (!state.IsQuarantined(new UserId(uid)))
            return new ErrorAnswer(ErrorCodes.Failed, $"account {account} is in no quarantine", "isolation trace tells of which account something was left: its records' residue.");
        try
        {
            await ledger.EventAsync(new ServiceEvent("account-cleared", null,
                ImmutableSortedDictionary<string, string>.Empty.Add("asked-by", $"operator uid {who}").Add("account", account))).ConfigureAwait(false);
            _ = state.ClearAccount(new UserId(uid)); // false: somebody else has done it meanwhile
            return new DoneAnswer($"account {account} can be lent again");
        }
        catch (Exception e) when (e is LedgerException or IOException)
        {
            return new ErrorAnswer(ErrorCodes.Failed, $"account {account} stays in quarantine: {e.Message}", "Mend what is said there, and ask again.");
        }
    }
}
