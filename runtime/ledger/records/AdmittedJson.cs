using System.Collections.Immutable;
using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>The body of <c>admitted</c>: at most 120 KiB, by the budgets given here and in <see cref="CommandJson"/>.</summary>
internal static class AdmittedJson
{
    private const int PathBudget = 4096;
    private const int GroupBudget = 256;
    private const int TagBudget = 8 << 10;

    public static void Write(Utf8JsonWriter json, AdmittedRecord record)
    {
        PilotJson.Write(json, record.Pilot);
        WriteDecision(json, record.Decision);
        WriteAccount(json, record.Lease);
        if (record.Would is WouldHave would)
            WouldJson.Write(json, would);

        json.WriteStartObject("site");
        WritePlacement(json, record.Site.Placement);
        json.Text("cgroup", record.Site.Cgroup, PathBudget);
        json.Text("scratch", record.Site.Scratch, PathBudget);
        json.WriteString("network", record.Site.Network.Name());
        if (record.Site.ImageDigest is string digest)
            json.Text("imageDigest", digest, 128);
        json.WriteEndObject();

        json.Text("handleDigest", record.HandleDigest, 128);
        CommandJson.Write(json, record.Command, record.Resolved);
        if (record.WorkingDirectory is ByteString directory)
            json.Text("workingDirectory", directory.ToString(), PathBudget);
        if (record.IsDetached)
            json.WriteBoolean("detached", true);
        if (record.Loan is Loan loan)
            WriteLoan(json, loan, record.LendsCredentials);
        WriteTags(json, record.Tags);
        ExchangeJson.Write(json, record.Exchange);
    }

    internal static void WritePlacement(Utf8JsonWriter json, Placement placement)
    {
        json.WriteStartObject("placement");
        json.WriteString("position", placement.Position.Name());
        WriteNames(json, "holds", placement.Holds.Names());
        WriteNames(json, "lost", placement.Lost.Names());
        WriteNames(json, "notEnforced", placement.NotEnforced.Names());
        if (placement.Why.Length > 0)
            json.Text("why", placement.Why, 1024);
        json.WriteEndObject();
    }

    private static void WriteDemand(Utf8JsonWriter json, PlacementDemand demand)
    {
        json.WriteStartObject("placement");
        WriteNames(json, "must", demand.Must.Names());
        WriteNames(json, "want", demand.Want.Names());
        WriteNames(json, "mayLose", demand.MayLose.Names());
        json.WriteString("limits", demand.Limits.Name());
        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, string name, ImmutableArray<string> names)
    {
        json.WriteStartArray(name);
        foreach (string one in names)
            json.WriteStringValue(one);
        json.WriteEndArray();
    }

    private static void WriteDecision(Utf8JsonWriter json, Decision.Admit decision)
    {
        json.WriteStartObject("decision");
        json.Text("rule", decision.Rule, 256);
        json.WriteString("level", decision.Level.Name());
        json.Text("roomKind", decision.RoomKind, 64);
        if (decision.Image is AllowedImage image)
        {
            json.WriteStartObject("image");
            json.Text("path", image.Name.ToString(), PathBudget);
            json.Text("pattern", image.Pattern, PathBudget);
            json.WriteEndObject();
        }

        json.WriteStartObject("identity");
        json.WriteString("kind", decision.Identity switch
        {
            Identity.PilotItself => "pilot",
            Identity.Claimed => "claimed",
            _ => throw new ArgumentOutOfRangeException(nameof(decision), decision.Identity, "no such identity"),
        });
        json.Text("subject", decision.Identity.Subject, 2048);
        json.WriteEndObject();
        LimitsJson.Write(json, decision.Limits);
        WriteDemand(json, decision.Placement);
        json.Text("policy", decision.PolicyEpoch, 128);
        json.WriteEndObject();
    }

    private static void WriteAccount(Utf8JsonWriter json, Lease lease)
    {
        json.WriteStartObject("account");
        json.WriteNumber("uid", lease.Account.Uid.Value);
        json.WriteNumber("gid", lease.Account.Gid.Value);
        json.WriteStartArray("groups");
        foreach (GroupId group in lease.Account.Groups.Take(GroupBudget))
            json.WriteNumberValue(group.Value);
        json.WriteEndArray();
        if (lease.Account.Groups.Length > GroupBudget)
            json.WriteNumber("groupCount", lease.Account.Groups.Length);
        if (lease.Account.Name is string name)
            json.Text("name", name, 256);
        json.Text("rule", lease.Rule, 256);
        json.WriteBoolean("shared", lease.Shared);
        json.WriteEndObject();
    }

    private static void WriteLoan(Utf8JsonWriter json, Loan loan, bool withCredentials)
    {
        json.WriteStartObject("lent");
        json.Text("directory", loan.Directory.ToString(), PathBudget);
        json.WriteNumber("device", loan.Device);
        json.WriteNumber("inode", loan.Inode);
        json.WriteBoolean("credentials", withCredentials);
        json.WriteEndObject();
    }

    private static void WriteTags(Utf8JsonWriter json, ImmutableSortedDictionary<string, string> tags)
    {
        if (tags.Count > 0)
            BoundedMap.Write(json, "tags", tags, TagBudget);
    }
}
