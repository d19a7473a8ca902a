using System.Collections.Immutable;
using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// The opposite of <see cref="AdmittedJson"/>, as far as a record holds it: texts come back as they were printed, perhaps cut, which is enough to see a
/// payload to its end and not enough to run it again.
/// </summary>
internal static class AdmittedReader
{
    /// <exception cref="FormatException">It is no such record.</exception>
    public static AdmittedRecord Read(PayloadId payload, JsonElement json)
    {
        try
        {
            JsonElement command = json.GetProperty("command"), site = json.GetProperty("site");
            return new AdmittedRecord(
                payload, PilotOf(json.GetProperty("pilot")), DecisionOf(json), LeaseOf(payload, json.GetProperty("account")),
                new CellSite(PlacementOf(site.GetProperty("placement")), Text(site, "cgroup"), Text(site, "scratch"), Named(Enum.GetValues<CellNetwork>(), n => n.Name(), Text(site, "network")))
                {
                    ImageDigest = Optional(site, "imageDigest"),
                },
                Text(json, "handleDigest"),
                [.. command.GetProperty("arguments").EnumerateArray().Select(a => Bytes(a.GetString()!))],
                new ResolvedCommand(Bytes(Text(command, "path")), Optional(command, "fileDigest"), Optional(command, "whyNoFileDigest")),
                Optional(json, "workingDirectory") is string directory ? Bytes(directory) : null,
                json.TryGetProperty("tags", out JsonElement tags) ? tags.EnumerateObject().ToImmutableSortedDictionary(t => t.Name, t => t.Value.GetString()!) : ImmutableSortedDictionary<string, string>.Empty)
            {
                Exchange = json.TryGetProperty("exchange", out JsonElement exchange) ? ExchangeOf(exchange) : FileExchange.None,
                IsDetached = json.TryGetProperty("detached", out JsonElement detached) && detached.GetBoolean(),
            };
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or JsonException)
        {
            throw new FormatException($"the record of payload {payload} is not as this program writes them: {e.Message}", e);
        }
    }

    private static Pilot PilotOf(JsonElement pilot)
    {
        JsonElement job = pilot.GetProperty("job");
        return new Pilot(
            new UserId(pilot.GetProperty("uid").GetUInt32()), new GroupId(pilot.GetProperty("gid").GetUInt32()), new ProcessId(pilot.GetProperty("pid").GetInt32()),
            pilot.GetProperty("startTime").GetUInt64(), Optional(pilot, "account"), Text(pilot, "cgroup"), new JobKey(Text(job, "key")))
        {
            Batch = BatchSystemNames.TryParse(Optional(job, "system"), out BatchSystem system)
                ? new BatchJob(system, Optional(job, "id"), Named(Enum.GetValues<BatchEvidence>(), e => e.Name(), Text(job, "evidence")), Optional(job, "cgroup"),
                    job.TryGetProperty("trackingGroup", out JsonElement group) ? new GroupId(group.GetUInt32()) : null)
                : null,
            Claim = job.TryGetProperty("claim", out JsonElement claim) && BatchSystemNames.TryParse(Optional(claim, "system"), out BatchSystem claimed)
                ? new BatchClaim(claimed, Optional(claim, "id"))
                : null,
        };
    }

    private static Decision.Admit DecisionOf(JsonElement json)
    {
        JsonElement decision = json.GetProperty("decision"), identity = decision.GetProperty("identity"), demand = decision.GetProperty("placement");
        string subject = Text(identity, "subject");
        return new Decision.Admit(
            Text(decision, "rule"),
            LevelNames.TryParse(Text(decision, "level"), out Level level) ? level : throw new FormatException($"there is no level {Text(decision, "level")}"),
            Text(decision, "roomKind"),
            Text(identity, "kind") == "claimed" ? new Identity.Claimed(subject) : new Identity.PilotItself(subject),
            Text(json.GetProperty("account"), "rule"),
            LimitsOf(decision.GetProperty("limits")),
            new PlacementDemand(
                PlacementPropertyNames.Known.Set(Texts(demand, "must")), PlacementPropertyNames.Known.Set(Texts(demand, "want")), CeilingNames.Known.Set(Texts(demand, "mayLose")),
                Named(Enum.GetValues<LimitLaw>(), l => l.Name(), Text(demand, "limits"))),
            Text(decision, "policy"))
        {
            Image = decision.TryGetProperty("image", out JsonElement image) ? new AllowedImage(ImageOf(Text(image, "path")), Text(image, "pattern")) : null,
        };
    }

    // A path that was too long to be recorded as a whole is none any more, and is told as it is there.
    private static ImageName ImageOf(string text) => ImageName.TryRead(text) ?? new ImageName(ImageForm.Directory, text, null);

    private static Lease LeaseOf(PayloadId payload, JsonElement account) => new(
        payload,
        new Account(
            new UserId(account.GetProperty("uid").GetUInt32()), new GroupId(account.GetProperty("gid").GetUInt32()),
            [.. account.GetProperty("groups").EnumerateArray().Select(g => new GroupId(g.GetUInt32()))], Optional(account, "name")),
        Text(account, "rule"), account.GetProperty("shared").GetBoolean());

    private static Placement PlacementOf(JsonElement placement) => new(
        Named(Enum.GetValues<Position>(), p => p.Name(), Text(placement, "position")), PlacementPropertyNames.Known.Set(Texts(placement, "holds")),
        CeilingNames.Known.Set(Texts(placement, "lost")), LimitNames.Known.Set(Texts(placement, "notEnforced")), Optional(placement, "why") ?? "");

    private static Limits LimitsOf(JsonElement limits) => new()
    {
        Wall = Number(limits, "wallMicroseconds") is long wall ? TimeSpan.FromTicks(wall * TimeSpan.TicksPerMicrosecond) : null,
        MemoryBytes = Number(limits, "memoryBytes"),
        SwapBytes = Number(limits, "swapBytes"),
        Processes = Number(limits, "processes"),
        CpuWeight = Number(limits, "cpuWeight"),
        MilliCpus = Number(limits, "milliCpus"),
        IoWeight = Number(limits, "ioWeight"),
        OpenFiles = Number(limits, "openFiles"),
        ScratchBytes = Number(limits, "scratchBytes"),
        ScratchFiles = Number(limits, "scratchFiles"),
    };

    private static FileExchange ExchangeOf(JsonElement exchange) => new(
        [.. exchange.GetProperty("in").EnumerateArray().Select(f => new BroughtFile(Bytes(Text(f, "name")), f.GetProperty("bytes").GetInt64()))],
        [.. Texts(exchange, "out").Select(Bytes)]);

    private static ByteString Bytes(string printed) => ByteString.FromText(printed.Replace("\0", "", StringComparison.Ordinal));

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static string? Optional(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static IEnumerable<string> Texts(JsonElement json, string name) => json.GetProperty(name).EnumerateArray().Select(t => t.GetString()!);

    private static long? Number(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetInt64() : null;

    private static T Named<T>(IEnumerable<T> all, Func<T, string> name, string wanted)
    {
        foreach (T one in all)
        {
            if (name(one) == wanted)
                return one;
        }

        throw new FormatException($"there is no {typeof(T).Name} {wanted}");
    }
}
