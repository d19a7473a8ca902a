using System.Diagnostics;
using System.Text.Json;
using Isolation.Service.Tests;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Isolation.Probes.Tests;

/// <summary>One run of <c>isolation separation</c> against a throw-away service; its reports are read by every test.</summary>
public abstract class SeparationRun(string policy, string options) : IDisposable
{
    private Service.Tests.Service? _service;
    private Isolation.Service.Tests.Outcome? _outcome;
    private JsonDocument? _json;

    /// <summary>Exit code, table, errors.</summary>
    internal Isolation.Service.Tests.Outcome Result => Get()._outcome!;

    /// <summary>The JSON report.</summary>
    public JsonElement Json => Get()._json!.RootElement;

    /// <summary>The page.</summary>
    public string Html => File.ReadAllText(Get()._service!.Work + "/report.html");

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>The service.</summary>
    internal Service.Tests.Service Service => Get()._service!;

    /// <summary>The command.</summary>
    public string Command => Service.Programs + "/isolation";

    /// <summary>One probe of the report.</summary>
    public JsonElement Probe(string id) => Json.GetProperty("probes").EnumerateArray().Single(p => p.GetProperty("id").GetString() == id);

    /// <summary>The verdict on a probe is one of these, at the level of that name.</summary>
    public void Expect(string name, string id, string[] verdicts)
    {
        JsonElement level = Probe(id).GetProperty("levels").EnumerateArray().Single();
        Assert.Equal(name, level.GetProperty("level").GetString());
        Assert.True(verdicts.Contains(level.GetProperty("verdict").GetString()), $"{id}: {level.GetProperty("verdict")}, not {string.Join(" or ", verdicts)}: {level}");
    }

    public void Dispose()
    {
        _json?.Dispose();
        _service?.Dispose();
        GC.SuppressFinalize(this);
    }

    private SeparationRun Get()
    {
        Site.Require();
        Skip.IfNot(File.Exists(Path.Combine(Site.BuiltPrograms, "separation")), "out/bin/separation is not built: run ./build");
        if (_outcome is not null)
            return this;
        // Outside of /tmp: a payload with a /tmp of its own must find the program too.
        _service = Isolation.Service.Tests.Service.Start(policy, place: "/opt");
        long since = Stopwatch.GetTimestamp();
        _outcome = _service.Shell.Bash(
            $"$ROOT separation --as {Site.PilotA} {options} --report $WORK/report.json --report $WORK/report.html", seconds: 180);
        Elapsed = Stopwatch.GetElapsedTime(since);
        _json = JsonDocument.Parse(File.ReadAllText(_service.Work + "/report.json"));
        return this;
    }
}

/// <summary>At <c>classic</c>, self-tests included.</summary>
public sealed class ClassicRun() : SeparationRun(Site.Policy, "--level setuid");

/// <summary>At <c>private</c>.</summary>
public sealed class PrivateRun() : SeparationRun(Site.PrivatePolicy, "--level setuid --no-self-test");

/// <summary>At <c>container</c>.</summary>
public sealed class ContainerRun() : SeparationRun(Site.ContainerPolicy, "--level container --no-self-test");

/// <summary>At <c>private</c> where policy allows nested containers, D2 alone.</summary>
public sealed class NestedRun() : SeparationRun(
    Site.PrivatePolicy.Replace("{ room: private }", "{ room: private, nested-containers: allow }", StringComparison.Ordinal), "--level setuid --no-self-test --probe D2");

/// <summary>At <c>log-only</c>.</summary>
public sealed class LogOnlyRun() : SeparationRun(
    Site.Policy.Replace("identity-switch: require", "identity-switch: allow", StringComparison.Ordinal).Replace("log-only: no", "log-only: allow", StringComparison.Ordinal)
        .Replace("accept: [setuid]", "accept: [log-only, setuid]", StringComparison.Ordinal), "--level log-only --no-self-test");

[CollectionDefinition(Name)]
public sealed class ClassicRunTests : ICollectionFixture<ClassicRun>
{
    public const string Name = "one run at classic";
}

[CollectionDefinition(Name)]
public sealed class LogOnlyRunTests : ICollectionFixture<LogOnlyRun>
{
    public const string Name = "one run at log-only";
}

[CollectionDefinition(Name)]
public sealed class PrivateRunTests : ICollectionFixture<PrivateRun>
{
    public const string Name = "one run at private";
}

[CollectionDefinition(Name)]
public sealed class ContainerRunTests : ICollectionFixture<ContainerRun>
{
    public const string Name = "one run at container";
}
