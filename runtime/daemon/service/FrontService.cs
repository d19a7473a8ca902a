using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Isolation.Core;
using Isolation.Ledger;
using Isolation.Linux;
using Isolation.Policy;
using Isolation.Wire;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>
/// The service: puts its parts together, starts them in the order in which they need each other, and stops them the other way
/// round. Payloads live on when it stops.
/// </summary>
internal sealed class FrontService(ServiceOptions options, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<FrontService> log) : IHostedService, IDisposable
{
    private static readonly TimeSpan ProbeDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(5);

    private readonly Stack<IDisposable> _parts = [];
    private readonly RunningPayloads _running = new();
    private readonly ServiceNotifier _notifier = new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), clock);
    private WardenLink? _warden;
    private NodeLedger? _ledger;
    private Listener? _listener;

    /// <exception cref="LaunchException">It cannot serve like this.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        ServicePaths paths = options.Paths;
        CrashSwitch.Follow(paths.Run);
        _parts.Push(InstanceLock.TryTake(paths.InstanceLock, out string holder)
            ?? throw new LaunchException(ExitCodes.Unavailable, $"{paths.Run} is served already, by {holder}. Stop it, or choose another --run."));
        SitePolicy policy = ReadPolicy();
        NodeLedger ledger = _ledger = NodeLedger.Open(paths.Ledger, new LedgerOptions(), clock);
        string bootId = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id", cancellationToken).ConfigureAwait(false)).Trim();
        Leases leases = Keep(Leases.Open(paths.StateFront, bootId, policy.Snapshot, clock));
        policy.OnSwap(leases.Use);

        string fix = WardenFix();
        ReadinessWatch? readiness = null;
        WardenLink warden = _warden = new WardenLink(paths.WardenSocket, uid: 0, () => Volatile.Read(ref readiness)?.Request(), log);
        IsolatorCatalog isolators = new([
            new WardenIsolator(warden, new IsolatorDescription(Level.LogOnly, ["forked"], [Position.Beside, Position.Below, Position.Own]), fix, log),
            new WardenIsolator(warden, new IsolatorDescription(Level.Setuid, ["classic", RoomKey.Private], [Position.Beside, Position.Below, Position.Inside, Position.Own]), fix, log),
            new WardenIsolator(warden, new IsolatorDescription(Level.Container, [RoomKey.Oci], [Position.Beside, Position.Below, Position.Inside, Position.Own]), fix, log)]);
        Volatile.Write(ref readiness, Keep(new ReadinessWatch(isolators, log)));
        await ProbeFirstAsync(readiness).ConfigureAwait(false);

        EventWatch watch = Keep(new EventWatch());
        PolicyReload reload = Keep(new PolicyReload(policy, ledger, _notifier, readiness.Request, log));
        AccountNames accounts = new(clock);
        FairTurns turns = new(TurnBounds.ForProcessors(Environment.ProcessorCount), clock);
        PayloadRunner runner = new(() => policy.Current, leases, isolators, ledger, _running, turns, clock);
        PayloadCounts counts = new(policy);
        Drain drain = Keep(new Drain(ledger, lifetime.StopApplication, clock, log));
        SurveyTurns surveys = new(new WardenSurvey(warden, fix, log), clock);
        ServiceState state = new(warden, fix, ledger, paths.Ledger, leases);
        HostView host = new(SliceName.Of(paths.Run.TrimEnd('/')), () => Volatile.Read(ref _listener)?.Kernel, paths.Scratch);
        Dispatcher dispatcher = new(
            new RunOperation(runner, ledger, counts, policy, drain, watch, clock, log),
            new ExplainOperation(policy, isolators, accounts, surveys, clock),
            new DoctorOperation(policy, isolators, readiness, surveys, state, host, drain, clock),
            new SignalOperation(_running, ledger),
            new WaitOperation(_running, drain, watch),
            new JoinOperation(_running),
            new PayloadQueries(_running),
            new ServiceQueries(policy, reload, state, isolators, _running, turns, drain),
            new AccountClearing(state, ledger),
            new DrainOperation(drain, _running, turns),
            ledger, clock, log);

        new Recovery(warden, runner, _running, ledger, leases, counts, drain, bootId, log).Begin();
        await RecordAsync("service-started", policy.Epoch).ConfigureAwait(false);
        _listener = new Listener(paths.Socket, options.WithoutKernel, accounts, JobSigns.Read(options.TrackingGroups), dispatcher, watch, ShareCaps.Default, Deadlines.Default, clock, log);
        _parts.Push(_listener);
        Keep(PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            _ = reload.RunAsync("SIGHUP");
        }));
        Keep(PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => ReapChildren()));
        Log.Serving(log, ProductInfo.Service, paths.Socket, Sys.EffectiveUid());
        _notifier.Ready();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _notifier.Stopping();
        Log.Stopping(log, _running.All.Count);
        _listener?.Stop();
        if (options.IsLaunched && _running.All.Count == 0)
            await StopWardenAsync().ConfigureAwait(false);
        if (_ledger is { } ledger)
        {
            await RecordAsync("service-stopped", null).ConfigureAwait(false);
            await ledger.DisposeAsync().ConfigureAwait(false);
        }

        Log.Stopped(log);
    }

    public void Dispose()
    {
        // What runs still asks the warden until here; now nobody reads its answers.
        _warden?.Dispose();
        while (_parts.TryPop(out IDisposable? part))
            part.Dispose();
    }

    private T Keep<T>(T part) where T : IDisposable
    {
        _parts.Push(part);
        return part;
    }

    private SitePolicy ReadPolicy()
    {
        SitePolicy? policy = SitePolicy.TryRead(options.Policy, out ImmutableArray<string> lines);
        foreach (string line in lines)
            Log.PolicyNote(log, line);
        if (policy is null)
            throw new LaunchException(ExitCodes.BadPolicy, $"the policy file {options.Policy} was refused: {lines.Length} faults, above.");
        Log.PolicyLoaded(log, policy.Site, policy.Epoch);
        return policy;
    }

    private async Task ProbeFirstAsync(ReadinessWatch readiness)
    {
        long started = clock.GetTimestamp();
        // The warden usually answers within milliseconds; without it the service comes up all the same, and says what is missing.
        while (!_warden!.IsConnected && clock.GetElapsedTime(started) < ProbeDeadline && options.IsLaunched)
            await Task.Delay(TimeSpan.FromMilliseconds(10), clock).ConfigureAwait(false);
        try
        {
            await readiness.ProbeAsync().WaitAsync(ProbeDeadline, clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A slow host's answer comes later; until then the levels are not ready.
        }
    }

    private async Task StopWardenAsync()
    {
        try
        {
            _warden!.ExpectEnd();
            using WardenReply reply = await _warden.AskAsync(WardenOperation.Stop, null).WaitAsync(StopDeadline, clock).ConfigureAwait(false);
            reply.Done();
            Log.WardenStopped(log);
        }
        catch (Exception e) when (e is SetupException or WireException or TimeoutException)
        {
            Log.WardenNotStopped(log, e.Message);
        }
    }

    private async Task RecordAsync(string what, string? epoch)
    {
        var details = ImmutableSortedDictionary<string, string>.Empty
            .Add("version", ProductInfo.Version)
            .Add("pid", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        try
        {
            await _ledger!.EventAsync(new ServiceEvent(what, null, epoch is null ? details : details.Add("policy-epoch", epoch))).ConfigureAwait(false);
        }
        catch (LedgerException e)
        {
            Log.NotRecorded(log, what, e.Message);
        }
    }

    private string WardenFix() => options.IsLaunched
        ? "Run the command again that started isolationd as root: it starts a warden and leaves running payloads alone."
        : "Start it: systemctl start isolation-warden.";

    private void ReapChildren()
    {
        // The warden is the launcher's child, hence this process's: nobody else would take its ending.
        while (Sys.AnyEndedChild() is { } child)
        {
            Sys.Reap(child.Pid);
            Log.ChildEnded(log, child.Pid, child.IsExit ? "exit code" : "signal", child.Value);
        }
    }
}
