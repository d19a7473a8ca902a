using Isolation.Core;
using Isolation.Linux;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Daemon.Tests;

/// <summary>The front as it is composed, over real sockets in a directory of its own, with a fake warden and a fake site behind it.</summary>
internal sealed class Front : IDisposable
{
    private readonly EventWatch _watch = new();
    private readonly ReadinessWatch _readiness;
    private readonly WardenLink _link;
    private readonly PolicyReload _reload;

    public Front(string without = "", ShareCaps? caps = null, Deadlines? deadlines = null, TurnBounds? turns = null)
    {
        Drain = new Drain(Site, () => HasEnded = true, TimeProvider.System, NullLogger.Instance);
        Turns = new FairTurns(turns ?? TurnBounds.ForProcessors(2), TimeProvider.System);
        Directory = System.IO.Directory.CreateTempSubdirectory("isolation-daemon-test-").FullName;
        Warden = new FakeWarden(Path.Combine(Directory, "warden.sock"));
        NullLogger log = NullLogger.Instance;
        TimeProvider clock = TimeProvider.System;
        _link = new WardenLink(Path.Combine(Directory, "warden.sock"), Sys.EffectiveUid(), () => { }, log);
        IsolatorCatalog isolators = new([new WardenIsolator(_link, new IsolatorDescription(Level.Setuid, ["classic"], [Position.Own]), "Start it.", log)]);
        _readiness = new ReadinessWatch(isolators, log);
        SpinWait.SpinUntil(() => _link.IsConnected, TimeSpan.FromSeconds(10));
        _readiness.ProbeAsync().GetAwaiter().GetResult();

        _reload = new PolicyReload(Site, Site, new ServiceNotifier(null, clock), () => { }, log);
        AccountNames accounts = new(clock);
        PayloadRunner runner = new(() => Site, Site, isolators, Site, Running, Turns, clock);
        SurveyTurns surveys = new(new WardenSurvey(_link, "Start it.", log), clock);
        HostView host = new("isolation-daemon-test", () => Listener?.Kernel, Path.GetTempPath());
        Dispatcher dispatcher = new(
            new RunOperation(runner, Site, new PayloadCounts(Site), Site, Drain, _watch, clock, log),
            new ExplainOperation(Site, isolators, accounts, surveys, clock),
            new DoctorOperation(Site, isolators, _readiness, surveys, Site, host, Drain, clock),
            new SignalOperation(Running, Site),
            new WaitOperation(Running, Drain, _watch),
            new JoinOperation(Running),
            new PayloadQueries(Running),
            new ServiceQueries(Site, _reload, Site, isolators, Running, Turns, Drain),
            new AccountClearing(Site, Site),
            new DrainOperation(Drain, Running, Turns),
            Site, clock, log);
        Socket = Path.Combine(Directory, "isolation.sock");
        Listener = new Listener(Socket, new HashSet<string>(without.Split(',', StringSplitOptions.RemoveEmptyEntries)), accounts, JobSigns.Read(TrackingGroups.None), dispatcher, _watch,
            caps ?? ShareCaps.Default, deadlines ?? Deadlines.Default, clock, log);
    }

    public string Directory { get; }

    public string Socket { get; }

    public FakeWarden Warden { get; }

    public FakeSite Site { get; } = new();

    public RunningPayloads Running { get; } = new();

    public FairTurns Turns { get; }

    public Drain Drain { get; }

    /// <summary>The drained service has told its host to end.</summary>
    public bool HasEnded { get; private set; }

    public Listener Listener { get; }

    public TestClient Connect(bool greet = true) => new(Socket, greet);

    public void Dispose()
    {
        Listener.Dispose();
        _link.Dispose();
        Warden.Dispose();
        _readiness.Dispose();
        _reload.Dispose();
        Drain.Dispose();
        _watch.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
