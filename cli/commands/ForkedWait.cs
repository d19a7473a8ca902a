using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli;

/// <summary>
/// From the fork to the ending, at log-only: one loop over the service's frames, those on the child's connection, this process's signals, what the child
/// reports and its end. The child is this process's own, so signals go to it by kill, and how it ended is told to the service.
/// </summary>
internal sealed class ForkedWait(
    ServiceConnection service, ServiceConnection joined, ForkedChild child, ForwardedSignals signals, StatusChannel status, UsageFile? usage)
{
    private const int Kill = 9;
    private const int KeepMilliseconds = 1000;
    private readonly List<int> _kept = [];
    private Phase _phase = Phase.Connecting;
    private bool _reports = true;
    private bool _isOver;
    private bool _isConnected = true;
    private bool _isAsked;
    private bool _isTelling; // that nothing has run: until it is heard, the child is not collected
    private long _giveUpAt = long.MaxValue;

    private enum Phase
    {
        Connecting,
        Waiting,
        LetGo,
        Running,
        Given,
    }

    /// <summary>Waits for the ending; the result is the client's exit code.</summary>
    public int Run()
    {
        Span<PollEntry> entries = stackalloc PollEntry[5];
        while (true)
        {
            entries[0] = new PollEntry { Number = service.Socket.Number, Wanted = PollEvents.In };
            entries[1] = new PollEntry { Number = signals.Descriptor.Number, Wanted = PollEvents.In };
            entries[2] = new PollEntry { Number = _reports ? child.Report.Number : -1, Wanted = PollEvents.In };
            entries[3] = new PollEntry { Number = _isOver || _isTelling ? -1 : child.Process.Number, Wanted = PollEvents.In };
            entries[4] = new PollEntry { Number = _phase is Phase.Connecting or Phase.Given || !_isConnected ? -1 : joined.Socket.Number, Wanted = PollEvents.In };
            _ = Sys.Poll(entries, Timeout());
            if (entries[0].Seen != PollEvents.None && Frames() is int exitCode)
                return exitCode;
            while (entries[1].Seen != PollEvents.None && signals.Descriptor.Take(out bool isKernels) is > 0 and int signal)
                Keep(signal, isKernels);
            if (entries[2].Seen != PollEvents.None)
                TakeReport();
            if (entries[4].Seen != PollEvents.None)
                TakeJoined();
            if (entries[3].Seen != PollEvents.None && !_reports && !_isTelling)
                Collect();
            if (_phase == Phase.Running)
                Forward();
            if (_phase == Phase.Running && !_isOver && usage?.MillisecondsToAsk == 0)
                AskForUsage();
            else if (Environment.TickCount64 >= _giveUpAt && _phase is Phase.Connecting or Phase.Waiting)
                return GiveUp();
        }
    }

    private int? Frames()
    {
        string cause = "the service went away";
        try
        {
            bool more = service.Fill();
            while (service.TryTake(out JsonView frame))
            {
                switch (frame["type"u8].Text)
                {
                    case "started":
                        status.Running(frame["payload"u8]);
                        break;
                    case "ended":
                        End();
                        usage?.WriteLast(frame["usage"u8]);
                        return PayloadWait.End(frame, status);
                    case "error":
                        End();
                        return PayloadWait.Lose($"the service failed: {frame["message"u8].Text}", status);
                }
            }

            if (more)
                return null;
        }
        catch (WireException e)
        {
            cause = $"the service breaks the protocol: {e.Message}";
        }

        bool hasRun = _phase is Phase.LetGo or Phase.Running;
        End();
        return hasRun ? PayloadWait.Lose(cause, status) : NotRun($"{cause} before the payload was let go");
    }

    // Nothing of the payload outlives what is told here.
    private void End()
    {
        child.GiveUp();
        if (_isOver)
            return;
        child.Process.Signal(Kill);
        _ = Sys.Poll(child.Process, PollEvents.In, KeepMilliseconds);
        _ = Sys.WaitFor(child.Process, reap: true);
        _isOver = true;
    }

    private void TakeReport()
    {
        ForkReport report = child.Take(out int errno);
        switch (report)
        {
            case ForkReport.Connected:
                _phase = Phase.Waiting;
                return;
            case ForkReport.Silent:
                _reports = false;
                _phase = _phase == Phase.LetGo ? Phase.Running : _phase;
                return;
            case ForkReport.NotConnected:
                _reports = false;
                _phase = Phase.Given; // the service sees nobody join, and says so
                child.GiveUp();
                return;
            default:
                _reports = false;
                _isTelling = Tell("errno", errno);
                return;
        }
    }

    private void TakeJoined()
    {
        try
        {
            bool more = joined.Fill();
            while (joined.TryTake(out JsonView frame))
            {
                switch (frame["type"u8].Text)
                {
                    case "go" when _phase == Phase.Waiting:
                        _phase = Phase.LetGo;
                        _giveUpAt = long.MaxValue;
                        child.LetGo();
                        break;
                    case "usage":
                        usage?.Write(frame["usage"u8]);
                        _isAsked = false;
                        break;
                    case "error" when _phase == Phase.Waiting:
                        more = false;
                        break;
                    case "error" or "done":
                        _isAsked = _isTelling = false;
                        break;
                }
            }

            if (more)
                return;
        }
        catch (WireException)
        {
            // As good as its end.
        }

        _isTelling = false;
        if (_phase == Phase.Waiting)
            child.GiveUp(); // why, the service says in `ended`
        _isConnected = false;
        _phase = _phase == Phase.Waiting ? Phase.Given : _phase;
    }

    private void Collect()
    {
        _isOver = true;
        if (Sys.WaitFor(child.Process, reap: true) is not { } end || _phase is Phase.Connecting or Phase.Waiting or Phase.Given)
            return;
        _ = Tell(end.IsExit ? "code" : "signal", end.Value);
    }

    private bool Tell(string member, int value) => joined.TrySend(Requests.Framed(to => Requests.Tell(to, member, value)).Span, out _);

    private void AskForUsage()
    {
        if (!_isAsked && _isConnected)
            _isAsked = joined.TrySend(Requests.Framed(Requests.Usage).Span, out _);
        usage!.Asked();
    }

    private void Keep(int signal, bool isKernels)
    {
        // A terminal's goes to the whole process group, in which the payload is.
        if (isKernels && _phase is Phase.Running)
        {
            if (signal == ForwardedSignals.TerminalStop)
                Sys.SignalSelf(ForwardedSignals.Stop);
            return;
        }

        if (!_kept.Contains(signal))
            _kept.Add(signal);
        if (_phase is Phase.Connecting or Phase.Waiting && _giveUpAt == long.MaxValue && PayloadWait.Ends(signal))
            _giveUpAt = Environment.TickCount64 + KeepMilliseconds;
    }

    private void Forward()
    {
        foreach (int signal in _kept)
        {
            // TSTP is discarded in an orphaned process group, as a batch job's mostly is.
            if (!_isOver)
                child.Process.Signal(signal == ForwardedSignals.TerminalStop ? ForwardedSignals.Stop : signal);
            if (signal == ForwardedSignals.TerminalStop)
                Sys.SignalSelf(ForwardedSignals.Stop); // goes on when somebody sends CONT, which is then forwarded
        }

        _kept.Clear();
    }

    private int GiveUp()
    {
        int signal = _kept.First(PayloadWait.Ends);
        End();
        status.Ended("abandoned", $"the client was ended by signal {signal} before the payload's start");
        signals.EndBy(signal);
        return ExitCode.OfSignal(signal);
    }

    private int NotRun(string cause)
    {
        string line = FailureLine.Sentence($"{cause}; nothing of it has run", "Try again when the service answers");
        status.Ended("setup-failed", line);
        return FailureLine.Of(ExitCode.SetupFailed, line);
    }

    private int Timeout() => _giveUpAt != long.MaxValue ? (int)Math.Clamp(_giveUpAt - Environment.TickCount64, 0, KeepMilliseconds)
        : usage is not null && _phase == Phase.Running && !_isOver ? (int)usage.MillisecondsToAsk
        : -1;
}
