using System.Text;
using Isolation.Wire;

namespace Isolation.Cli.Tests;

/// <summary>Each request that is written by hand is, to the contract's own reader, the request that was meant.</summary>
public sealed class RequestTests
{
    private const string Text = "quote \" backslash \\ control \u0001 newline \n umlaut ü";

    private static readonly string[] LimitMembers =
        ["wallMilliseconds", "memoryBytes", "swapBytes", "processes", "cpuWeight", "milliCpus", "ioWeight", "openFiles", "scratchBytes"];

    [Fact]
    public void What_a_forked_child_and_its_parent_say_reads_back()
    {
        Assert.Equal(new JoinRequest(Text, "h"), Read(to => Requests.Join(to, Text, "h")));
        Assert.Equal(new TellRequest(Code: 3), Read(to => Requests.Tell(to, "code", 3)));
        Assert.Equal(new TellRequest(Signal: 9), Read(to => Requests.Tell(to, "signal", 9)));
        Assert.Equal(new TellRequest(Errno: 2), Read(to => Requests.Tell(to, "errno", 2)));
        Assert.IsType<UsageRequest>(Read(Requests.Usage));
    }

    [Fact]
    public void Run_and_explain_hold_every_member()
    {
        RunOptions options = new()
        {
            Command = [Bytes("cmd"), new byte[] { 0xff }, default],
            Level = Text,
            Claim = Text,
            WorkingDirectory = Bytes("/w"),
            ExplicitEnvironment = [Bytes("E=1"), Bytes("F=2")],
            Tags = [("a", Text), (Text, "b")],
            Limits = [.. LimitMembers.Select((member, i) => (member, (long)i))],
        };
        IReadOnlyList<ReadOnlyMemory<byte>> environment = [Bytes("A=1"), new byte[] { (byte)'B', (byte)'=', 0x80 }];
        RunRequest run = Assert.IsType<RunRequest>(Read(to => Requests.Run(to, options, environment)));
        ExplainRequest explain = Assert.IsType<ExplainRequest>(Read(to => Requests.Explain(to, options, environment, 1000)));
        Assert.Equal(1000u, explain.Uid);
        foreach (RunRequest request in new[] { run, explain.Request })
        {
            Assert.Equal([[0x63, 0x6d, 0x64], [0xff], []], request.Command);
            Assert.Equal((Text, Text), (request.Level, request.Claim));
            Assert.Equal("/w"u8.ToArray(), request.WorkingDirectory);
            Assert.Equal(["E=1"u8.ToArray(), "F=2"u8.ToArray()], request.ExplicitEnvironment);
            Assert.Equal(["A=1"u8.ToArray(), [(byte)'B', (byte)'=', 0x80]], request.Environment);
            Assert.Equal(2, request.Tags.Count);
            Assert.Equal((Text, "b"), (request.Tags["a"], request.Tags[Text]));
            Assert.Equal(new WireLimits(0, 1, 2, 3, 4, 5, 6, 7, 8), request.Limits);
        }
    }

    [Fact]
    public void Every_other_request_is_what_it_says()
    {
        Assert.Equal(new SignalRequest("i", 9, "h"), Read(to => Requests.Signal(to, "i", 9, "h")));
        Assert.Equal(new SignalRequest("i", 9), Read(to => Requests.Signal(to, "i", 9, null)));
        Assert.Equal(["a", "b"], Assert.IsType<ListRequest>(Read(to => Requests.List(to, ["a", "b"]))).Handles!);
        Assert.Null(Assert.IsType<ListRequest>(Read(to => Requests.List(to, []))).Handles);
        Assert.Equal(new ShowRequest("i", "h"), Read(to => Requests.Show(to, "i", "h")));
        Assert.Equal(new TraceRequest("p", 5), Read(to => Requests.Trace(to, "p", 5)));
        Assert.Equal(new TraceRequest(), Read(to => Requests.Trace(to, null, null)));
        Assert.Equal(new StatusRequest(), Read(Requests.Status));
        Assert.Equal(["A=1"u8.ToArray()], Assert.IsType<DoctorRequest>(Read(to => Requests.Doctor(to, [Bytes("A=1")]))).Environment);
        Assert.Empty(Assert.IsType<DoctorRequest>(Read(to => Requests.Doctor(to, []))).Environment);
        Assert.Equal(new ReloadPolicyRequest(), Read(Requests.ReloadPolicy));
        Assert.Equal(new ClearAccountRequest(7), Read(to => Requests.ClearAccount(to, 7)));
    }

    [Fact]
    public void Reading_finds_members_wherever_they_stand()
    {
        JsonView view = new(Encoding.UTF8.GetBytes("{ \"a\" : { \"b\" : [1, {\"c\":\"x\"}] , \"n\":null}, \"t\":true, \"n\" : -5 }"));
        Assert.Equal("x", view["a"u8]["b"u8].Items[1]["c"u8].Text);
        Assert.Equal(-5, view["n"u8].Number);
        Assert.True(view["t"u8].IsTrue);
        Assert.True(view["a"u8]["n"u8].IsNull);
        Assert.True(view["missing"u8]["deeper"u8].IsMissing);
        Assert.Null(view["missing"u8].Text);
        Assert.Equal(["a", "t", "n"], view.Members.Select(m => m.Name));
        Assert.False(JsonView.IsObject("[1]"u8));
        Assert.False(JsonView.IsObject("{\"a\":"u8));
        Assert.False(JsonView.IsObject("{}x"u8));
    }

    private static ClientMessage Read(Action<JsonText> write)
    {
        ReadOnlySpan<byte> frames = Requests.WithHello(write).Span;
        int hello = FrameFormat.ReadPrefix(frames);
        Assert.IsType<HelloRequest>(ClientJson.ReadRequest(frames.Slice(FrameFormat.PrefixSize, hello)));
        frames = frames[(FrameFormat.PrefixSize + hello)..];
        Assert.Equal(frames.Length - FrameFormat.PrefixSize, FrameFormat.ReadPrefix(frames));
        return ClientJson.ReadRequest(frames[FrameFormat.PrefixSize..]);
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
