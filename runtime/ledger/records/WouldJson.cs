using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>What a payload that is only logged would have had: level, account, place and limits; or why it would not have run. At most 4 KiB.</summary>
internal static class WouldJson
{
    public static void Write(Utf8JsonWriter json, WouldHave would)
    {
        json.WriteStartObject("would");
        switch (would)
        {
            case WouldHave.Run run:
                json.WriteBoolean("run", true);
                WriteDecision(json, run.Decision);
                json.WriteStartObject("account");
                json.WriteNumber("uid", run.Account.Uid.Value);
                json.WriteNumber("gid", run.Account.Gid.Value);
                if (run.Account.Name is string name)
                    json.Text("name", name, 256);
                json.WriteEndObject();
                AdmittedJson.WritePlacement(json, run.Placement);
                break;
            case WouldHave.NotRun not:
                json.WriteBoolean("run", false);
                json.Text("why", not.Why, 768);
                if (not.Decision is Decision.Admit decision)
                    WriteDecision(json, decision);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(would), would, "no such answer");
        }

        json.WriteEndObject();
    }

    private static void WriteDecision(Utf8JsonWriter json, Decision.Admit decision)
    {
        json.WriteString("level", decision.Level.Name());
        json.Text("roomKind", decision.RoomKind, 64);
        json.Text("accountRule", decision.AccountRule, 256);
        LimitsJson.Write(json, decision.Limits);
    }
}
