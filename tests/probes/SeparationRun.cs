using System.Diagnostics;
using System.Text.Json;
using Isolation.Service.Tests;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Isolation.Probes.Tests;

/// <summary>One run of <c>isolation separation</c>, self-tests included, against a throw-away service; its reports are read by every test.</summary>
public sealed class SeparationRun : IDisposable
{
    private readonly string _programs = "/opt/iso-" + Guid.NewGuid().ToString("N")[..6];
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

    /// <summary>The command, outside of /tmp: a payload with a /tmp of its own must find it too.</summary>
    public string Command => $"{_programs}/isolation";

    /// <summary>One probe of the report.</summary>
    public JsonElement Probe(string id) => Json.GetProperty("probes").EnumerateArray().Single(p => p.GetProperty("id").GetString() == id);

    public void Dispose()
    {
        _json?.Dispose();
        _service?.Dispose();
        if (Directory.Exists(_programs))
            Directory.Delete(_programs, recursive: true);
    }

    private SeparationRun Get()
    {
        Site.Require();
        Skip.IfNot(File.Exists(Path.Combine(Site.BuiltPrograms, "separation")), "out/bin/separation is not built: run ./build");
        if (_outcome is not null)
            return this;
        _service = Isolation.Service.Tests.Service.Start();
        Directory.CreateDirectory(_programs, (UnixFileMode)0x1ed);
        foreach (string program in new[] { "isolation", "separation" })
            File.Copy(Path.Combine(Site.BuiltPrograms, program), $"{_programs}/{program}");
        long since = Stopwatch.GetTimestamp();
        _outcome = _service.Shell.Bash(
            $"{Command} separation --as {Site.PilotA} --level setuid --report $WORK/report.json --report $WORK/report.html; c=$?; chmod a+r $WORK/report.*; exit $c", seconds: 180);
        Elapsed = Stopwatch.GetElapsedTime(since);
        _json = JsonDocument.Parse(File.ReadAllText(_service.Work + "/report.json"));
        return this;
    }
}

[CollectionDefinition(Name)]
public sealed class SeparationRunTests : ICollectionFixture<SeparationRun>
{
    public const string Name = "one run";
}
