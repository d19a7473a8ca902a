using System.Text;

namespace Isolation.Wire.Tests;

/// <summary>Promise: a request is understood as the protocol has it or refused as a whole; a client may be newer or hostile, never misunderstood.</summary>
public sealed class ClientJsonTests
{
    private static readonly RunRequest Run = new()
    {
        Command = ["/bin/echo"u8.ToArray(), [0xff, 0xfe]],
        Environment = ["PATH=/bin"u8.ToArray()],
        ExplicitEnvironment = ["A=\u00e9"u8.ToArray()],
        Level = "setuid",
        Claim = "/CN=alice",
        WorkingDirectory = [0x2f, 0x80],
        Tags = new Dictionary<string, string> { ["job"] = "7" },
        Limits = new WireLimits(WallMilliseconds: 600_000),
    };

    private static readonly ClientMessage[] Requests =
    [
        new HelloRequest(1, "test"), Run, new RunRequest { Command = ["a"u8.ToArray()] }, new ExplainRequest(Run, 3001), new SignalRequest("id", 15, "h"),
        new ListRequest(["a", "b"]), new ListRequest(), new ShowRequest("id"), new TraceRequest("id", 3), new StatusRequest(), new ReloadPolicyRequest(), new ClearAccountRequest(7),
        new JoinRequest("id", "h"), new TellRequest(Code: 0), new TellRequest(Signal: 9), new TellRequest(Errno: 2), new UsageRequest(),
    ];

    public static TheoryData<int> Samples => [.. Enumerable.Range(0, Requests.Length)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void ARequestReadsBack(int sample)
    {
        byte[] json = ClientJson.Write(Requests[sample]);
        ClientMessage read = ClientJson.ReadRequest(json);
        Assert.Equal(Requests[sample].GetType(), read.GetType());
        Assert.Equal(json, ClientJson.Write(read));
    }

    [Theory]
    [InlineData("""{"type":"status","extra":1}""")]
    [InlineData("""{"type":"run","command":["YQ=="],"uid":0}""")]
    [InlineData("""{"type":"run","command":["YQ=="],"limits":{"wallMilliseconds":1,"cores":3}}""")]
    [InlineData("""{"type":"Status"}""")]
    [InlineData("""{"type":"no-such"}""")]
    [InlineData("""{"type":7}""")]
    [InlineData("""{"type":null}""")]
    [InlineData("""{}""")]
    [InlineData("""{"command":["YQ=="]}""")]
    [InlineData("""{"type":"run"}""")]
    [InlineData("""{"type":"run","command":null}""")]
    [InlineData("""{"type":"run","command":"YQ=="}""")]
    [InlineData("""{"type":"run","command":["not base64!"]}""")]
    [InlineData("""{"type":"run","command":["YQ=="],"environment":null}""")]
    [InlineData("""{"type":"signal","id":"x"}""")]
    [InlineData("""{"type":"signal","id":null,"signal":9}""")]
    [InlineData("""{"type":"signal","id":"x","signal":99999999999}""")]
    [InlineData("""{"type":"signal","id":"x","signal":"9"}""")]
    [InlineData("""{"type":"signal","id":"x","signal":9.5}""")]
    [InlineData("""{"type":"show","Id":"x"}""")]
    [InlineData("""{"type":"status"} {}""")]
    [InlineData("""{"type":"status"},""")]
    [InlineData("""{"type":"status",}""")]
    [InlineData("""// note""")]
    [InlineData("""[]""")]
    [InlineData("""null""")]
    [InlineData("""7""")]
    [InlineData("")]
    [InlineData("\u0000")]
    [InlineData("{\"type\":\"status\"")]
    public void WhatTheProtocolDoesNotHaveIsRefused(string json) => Assert.Throws<WireException>(() => ClientJson.ReadRequest(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void BytesThatAreNotUtf8AreRefused()
        => Assert.Throws<WireException>(() => ClientJson.ReadRequest([.. "{\"type\":\"show\",\"id\":\""u8, 0xff, .. "\"}"u8]));

    [Fact]
    public void DeepNestingIsRefusedAndCostsNoStack()
    {
        Assert.Throws<WireException>(() => ClientJson.ReadRequest(Encoding.ASCII.GetBytes(new string('[', 1_000_000))));
        Assert.Throws<WireException>(() => ClientJson.ReadRequest(
            Encoding.ASCII.GetBytes("""{"type":"run","command":""" + new string('[', 100_000) + new string(']', 100_000) + "}")));
    }

    [Fact]
    public void WhatARunLeavesOutIsEmpty()
    {
        var run = Assert.IsType<RunRequest>(ClientJson.ReadRequest("""{"type":"run","command":["YQ=="]}"""u8));
        Assert.Empty(run.Environment);
        Assert.Empty(run.ExplicitEnvironment);
        Assert.Empty(run.Tags);
        Assert.Null(run.Limits);
    }

    [Fact]
    public void TheTypeMayComeLast() => Assert.IsType<ShowRequest>(ClientJson.ReadRequest("""{"id":"x","type":"show"}"""u8));

    [Theory]
    [InlineData("""{"type":"status","type":"reload-policy"}""")]
    [InlineData("""{"type":"show","id":"a","id":"b"}""")]
    [InlineData("""{"type":"run","command":["YQ=="],"command":["Yg=="]}""")]
    [InlineData("""{"type":"run","command":["YQ=="],"tags":{"a":"1","a":"2"}}""")]
    public void AMemberSaidTwiceIsRefused(string json) => Assert.Throws<WireException>(() => ClientJson.ReadRequest(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("""{"type":"run","command":[null]}""")]
    [InlineData("""{"type":"run","command":["YQ=="],"environment":[null]}""")]
    [InlineData("""{"type":"run","command":["YQ=="],"tags":{"a":null}}""")]
    [InlineData("""{"type":"list","handles":[null]}""")]
    public void ANullAmongTheElementsIsRefused(string json) => Assert.Throws<WireException>(() => ClientJson.ReadRequest(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [MemberData(nameof(Samples))]
    public void BytesOfAStrangerAreReadOrRefusedAndNothingElse(int sample)
    {
        var random = new Random(sample);
        byte[] good = ClientJson.Write(Requests[sample]);
        for (int i = 0; i < 3_000; i++)
        {
            byte[] bytes = Mutation.Of(good, random);
            foreach (Action read in new Action[] { () => ClientJson.ReadRequest(bytes), () => ClientJson.ReadAnswer(bytes) })
            {
                try
                {
                    read();
                }
                catch (WireException)
                {
                    // refused, as it should be
                }
            }
        }
    }
}
