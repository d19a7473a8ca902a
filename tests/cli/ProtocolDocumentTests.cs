using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Isolation.Wire;

namespace Isolation.Cli.Tests;

/// <summary>The documents of protocol and command name every message, member, code and option that there is, and their example is the protocol.</summary>
public sealed partial class ProtocolDocumentTests
{
    private static readonly string Protocol = File.ReadAllText(Path.Combine(PublishedCli.Root(), "docs/protocol.md"));
    private static readonly string Manual = File.ReadAllText(Path.Combine(PublishedCli.Root(), "docs/cli.md"));

    [Fact]
    public void Every_message_and_member_of_the_wire_is_in_the_protocol()
    {
        Type[] roots = [typeof(ClientMessage), typeof(ServiceMessage), typeof(WirePayload), typeof(WireEnding), typeof(WireOutOfMemory), typeof(WireAccount), typeof(WireLimits), typeof(WirePlacement), typeof(WireDemand),
            typeof(WirePart), typeof(WireReadiness), typeof(WireSurvey), typeof(WireSurveyedPosition), typeof(WireDiagnosis)];
        string[] types = [.. roots.SelectMany(r => r.GetCustomAttributes<System.Text.Json.Serialization.JsonDerivedTypeAttribute>()).Select(d => (string)d.TypeDiscriminator!)];
        string[] members = [.. typeof(ClientMessage).Assembly.GetTypes()
            .Where(t => Array.Exists(roots, r => r.IsAssignableFrom(t)) && !t.IsAbstract)
            .SelectMany(t => t.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            .Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name))
            .Distinct()];
        Assert.True(types.Length > 15 && members.Length > 50);
        Assert.All(types.Concat(members), name => Assert.Contains($"`{name}`", Protocol, StringComparison.Ordinal));
        Assert.All(Core.UsageFigures.All.Select(f => f.Name).Append("notAvailable"), name => Assert.Contains($"`{name}`", Protocol, StringComparison.Ordinal));
        Assert.All(typeof(ErrorCodes).GetFields(), f => Assert.Contains($"`{f.GetValue(null)}`", Protocol, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_ending_has_the_exit_code_that_the_protocol_says()
    {
        MatchCollection rows = EndingRow().Matches(Protocol);
        Assert.Equal(11, rows.Count);
        foreach (Match row in rows)
        {
            byte[] ending = ClientJson.Write(new EndedAnswer("i", new WireEnding { Kind = row.Groups["kind"].Value, Code = 7, Signal = 9, PilotMayRun = false }, null));
            int code = ExitCode.OfEnding(new JsonView(ending)["ending"u8]);
            string said = row.Groups["code"].Value;
            Assert.Equal(said switch { "`code`" => 7, "128 + `signal`" => 137, _ => int.Parse(said[^3..]) }, code);
        }
    }

    [Fact]
    public void The_example_is_the_protocol()
    {
        string[] hex = [.. HexBlock().Matches(Protocol).Select(m => m.Groups[1].Value)];
        byte[][] blocks = [.. hex.Select(h => Convert.FromHexString(h.Replace(" ", "").Replace("\n", "")))];
        string[] json = [.. JsonBlock().Matches(Protocol).SelectMany(m => m.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))];

        ReadOnlySpan<byte> frames = blocks[0];
        for (int i = 0; i < 2; i++)
        {
            int length = FrameFormat.ReadPrefix(frames);
            Assert.Equal(json[i], Encoding.UTF8.GetString(frames.Slice(FrameFormat.PrefixSize, length)));
            Assert.NotNull(ClientJson.ReadRequest(frames.Slice(FrameFormat.PrefixSize, length)));
            frames = frames[(FrameFormat.PrefixSize + length)..];
        }

        Assert.True(frames.IsEmpty);
        Assert.Equal([typeof(HelloAnswer), typeof(EnteredAnswer), typeof(StartedAnswer), typeof(EndedAnswer)],
            json.Skip(2).Select(j => ClientJson.ReadAnswer(Encoding.UTF8.GetBytes(j)).GetType()));
        Assert.True(PilotMessage.TryRead(blocks[1], out PilotMessage streams));
        Assert.Equal(PilotMessage.OfStreams(7), streams);
        Assert.True(PilotMessage.TryRead(blocks[2], out PilotMessage signal));
        Assert.Equal(PilotMessage.OfSignal(15), signal);
    }

    [Fact]
    public void Every_command_option_and_exit_code_is_in_the_manual()
    {
        foreach (string name in CommandTable.Names)
        {
            Assert.Contains(name.Split(' ')[^1], Manual, StringComparison.Ordinal);
            Assert.All(CommandTable.Find(name)!.Options, o => Assert.Contains(o.Name, Manual, StringComparison.Ordinal));
        }

        for (int code = ExitCode.Usage; code <= ExitCode.OutOfMemory; code++)
            Assert.Contains($"\n| {code} |", Manual, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\| `(?<kind>[a-z-]+)` \|[^|]*\|[^|]*\| (?<code>`code`|128 \+ `signal`|[^|]*2\d\d) \|$", RegexOptions.Multiline)]
    private static partial Regex EndingRow();

    [GeneratedRegex("```hex\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex HexBlock();

    [GeneratedRegex("```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex JsonBlock();
}
