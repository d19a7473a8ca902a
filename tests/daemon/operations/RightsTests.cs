using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: operators may do all, a client may run and touch its own payloads, a process inside a cell may do nothing.</summary>
public sealed class RightsTests
{
    private static readonly RunRequest Run = new() { Command = [[1]] };

    public static TheoryData<string, string, string> Table => new()
    {
        { "hello", "Any", "Any" },
        { "run", "Any", "Any" },
        { "explain", "Any", "Any" },
        { "explain-other", "None", "Any" },
        { "signal", "OwnPayload", "Any" },
        { "list", "OwnPayload", "Any" },
        { "show", "OwnPayload", "Any" },
        { "wait", "OwnPayload", "Any" },
        { "join", "OwnPayload", "Any" },
        { "tell", "OwnPayload", "Any" },
        { "usage", "OwnPayload", "Any" },
        { "trace", "None", "Any" },
        { "status", "Any", "Any" },
        { "reload-policy", "None", "Any" },
        { "clear-account", "None", "Any" },
        { "drain", "None", "Any" },
        { "doctor", "Any", "Any" },
        { "collected", "Any", "Any" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void WhoMayDoWhat(string request, string client, string forOperator)
    {
        ClientMessage message = Message(request);
        Assert.Equal(Right.None, Rights.Of(Standing.InsideACell, message));
        Assert.Equal(client, Rights.Of(Standing.Client, message).ToString());
        Assert.Equal(forOperator, Rights.Of(Standing.Operator, message).ToString());
    }

    [Fact]
    public void TheTableNamesEveryRequestOfTheProtocol()
    {
        IEnumerable<Type> kinds = typeof(ClientMessage).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ClientMessage)));
        Assert.Equal(kinds.Select(k => k.Name).Order(), Table.Select(r => Message((string)r[0]).GetType().Name).Distinct().Order());
    }

    private static ClientMessage Message(string name) => name switch
    {
        "hello" => new HelloRequest(1),
        "collected" => new CollectedRequest([]),
        "run" => Run,
        "wait" => new WaitRequest("x"),
        "join" => new JoinRequest("id", "handle"),
        "tell" => new TellRequest(Code: 0),
        "usage" => new UsageRequest(),
        "explain" => new ExplainRequest(Run),
        "explain-other" => new ExplainRequest(Run, 7),
        "signal" => new SignalRequest("x", 9),
        "list" => new ListRequest(),
        "show" => new ShowRequest("x"),
        "trace" => new TraceRequest(),
        "status" => new StatusRequest(),
        "doctor" => new DoctorRequest(),
        "reload-policy" => new ReloadPolicyRequest(),
        "drain" => new DrainRequest(),
        "clear-account" => new ClearAccountRequest(2100000),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
