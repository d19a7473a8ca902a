using System.Text;
using System.Text.Json;

namespace Isolation.Wire.Tests;

/// <summary>Promise: answers read back, hold no member that is null, and a client takes one from a newer service without harm.</summary>
public sealed class ServiceJsonTests
{
    private static readonly WirePayload Payload = new()
    {
        Id = "id", State = "running", Handle = "secret", Pid = 7, Cgroup = "/isolation/cell", Level = "setuid", Room = "classic",
        Placement = new WirePlacement("own", ["cgroup-proof"], [], ["memory"], "no batch job"), Limits = new WireLimits(WallMilliseconds: 1, SwapBytes: 0),
        Account = new WireAccount(2_000_000, 2_000_001, [5], null), Subject = "/CN=alice", Rule = "everyone", PilotUid = 3001, Command = "/bin/true",
        Since = "2026-01-01T00:00:00Z", Tags = new Dictionary<string, string> { ["a"] = "b" }, Ending = new WireEnding { Kind = "exited", Code = 0 },
        Usage = new WireUsage(new Dictionary<string, long> { ["wallMicroseconds"] = 1 }, new Dictionary<string, string> { ["memoryPeakBytes"] = "no file" }),
    };

    private static readonly WireSurvey Survey = new("own",
        [new WireSurveyedPosition("beside", false, [], [], [], "w", "w", "f"), new WireSurveyedPosition("own", true, ["own-limits"], ["cpus"], ["swap"], null, null, null)], null, null);

    private static readonly ServiceMessage[] Answers =
    [
        new HelloAnswer(1, "isolationd 0.1.0"), new ErrorAnswer(ErrorCodes.BadFrame, "m", "f"), new EnteredAnswer("id", "h"), new StartedAnswer(Payload),
        new EndedAnswer("id", new WireEnding { Kind = "refused", Rule = "r", Why = "w", Fix = "f" }, null),
        new EndedAnswer("id", new WireEnding { Kind = "out-of-memory", Limit = "job", Victim = "hog (pid 7)" }, Payload.Usage)
        {
            OutOfMemory = new WireOutOfMemory(3, "job", "hog (pid 7)"),
        },
        new ExplainedAnswer("admit", "r", "setuid", "default", null, null, ["a", "b"],
            new WireLimits(MilliCpus: 1500), new WireDemand(["job-limits"], [], ["devices"], "enforce")), new PayloadsAnswer([Payload]), new PayloadAnswer(Payload),
        new ForkAnswer("id", "h", "log-only"), new GoAnswer(), new UsageAnswer(Payload.Usage!),
        new RecordAnswer(JsonDocument.Parse("""{"seq":1}""").RootElement), new DoneAnswer("loaded"), new DoneAnswer(), new DoneAnswer("it waits") { Suspended = true },
        new ExplainedAnswer("admit", "r", "setuid", "default", null, null, ["a"]) { Survey = Survey },
        new DiagnosedAnswer(false, [new WireDiagnosis("batch", "missing", "w", "f"), new WireDiagnosis("kernel", "holds", "w", null)], [new WireReadiness("vm", false, [], "c", "f")],
            Survey, new WireBatchJob("slurm", "1", "cgroup")),
        new DiagnosedAnswer(true, [], [], new WireSurvey(null, [], "w", "f"), null),
        new StatusAnswer
        {
            Service = "s", Site = "x", PolicyEpoch = "e", Levels = [new WireReadiness("vm", false, [], "c", "f")], Warden = new WirePart(true, "d"),
            Ledger = new WirePart(true, "d"), Running = 1, Waiting = 4, Positions = new Dictionary<string, int> { ["own"] = 1 }, Lent = 2, Quarantined = 3,
        },
    ];

    public static TheoryData<int> Samples => [.. Enumerable.Range(0, Answers.Length)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void AnAnswerReadsBackAndHoldsNoNull(int sample)
    {
        byte[] json = ClientJson.Write(Answers[sample]);
        ServiceMessage read = ClientJson.ReadAnswer(json);
        Assert.Equal(Answers[sample].GetType(), read.GetType());
        Assert.Equal(json, ClientJson.Write(read));
        Assert.DoesNotContain(":null", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
    }

    [Fact]
    public void AClientIgnoresMembersItDoesNotKnow()
        => Assert.Equal(new DoneAnswer("n"), ClientJson.ReadAnswer("""{"note":"n","newer":{"deep":[1]},"type":"done"}"""u8));

    [Fact]
    public void OnePayloadIsOneLine()
    {
        string line = Encoding.UTF8.GetString(ClientJson.Write(Payload with { Command = "a\nb" }));
        Assert.DoesNotContain('\n', line);
        Assert.Equal("running", JsonDocument.Parse(line).RootElement.GetProperty("state").GetString());
    }
}
