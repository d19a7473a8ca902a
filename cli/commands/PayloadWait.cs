using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli;

/// <summary>
/// From the handing over of the streams to the ending: one loop over the service's frames, this process's signals, and the
/// pilot's channel. Signals are kept until the payload runs, so that none is lost before it can take one. Where the service goes, the payload
/// runs on, and the next service is asked for its ending. A detached payload is left once it runs.
/// </summary>
internal sealed class PayloadWait(Reconnection reconnection, ServiceConnection service, Descriptor channel, ForwardedSignals signals, RunObservers observers)
{
    // A signal that should end the client is not kept for longer: the start may wait for a file system that sleeps.
    private const int KeepMilliseconds = 1000;

    private readonly StatusChannel _status = observers.Status;
    private readonly UsageFile? _usage = observers.Usage;
    private readonly List<int> _kept = [];
    private bool _started;
    private bool _channelOpen = true;
    private ServiceConnection? _service = service;
    private long _giveUpAt = long.MaxValue;

    /// <summary>Waits for the ending; the result is the client's exit code.</summary>
    public int Run()
    {
        Sys.SetNonBlocking(channel, true);
        Span<PollEntry> entries = stackalloc PollEntry[3];
        while (true)
        {
            entries[0] = new PollEntry { Number = _service?.Socket.Number ?? -1, Wanted = PollEvents.In };
            entries[1] = new PollEntry { Number = signals.Descriptor.Number, Wanted = PollEvents.In };
            entries[2] = new PollEntry
            {
                Number = _channelOpen ? channel.Number : -1,
                Wanted = (_started && _kept.Count > 0 ? PollEvents.Out : PollEvents.None)
                    | (_usage is null ? PollEvents.None : PollEvents.In), // hang-up and error come unasked
            };
            _ = Sys.Poll(entries, Timeout());

            if (entries[0].Seen != PollEvents.None && Frames(_service!) is int exitCode)
                return exitCode;
            if (_service is null && Reconnect() is int lost)
                return lost;
            while (entries[1].Seen != PollEvents.None && signals.Descriptor.Take() is > 0 and int signal)
                Keep(signal);
            _channelOpen &= (entries[2].Seen & (PollEvents.HangUp | PollEvents.Error)) == 0;
            if ((entries[2].Seen & PollEvents.In) != PollEvents.None)
                TakeUsage();
            if (_started)
                Forward();
            if (_started && _channelOpen && _usage?.MillisecondsToAsk == 0)
                AskForUsage();
            if (Environment.TickCount64 >= _giveUpAt)
                return GiveUp();
        }
    }

    /// <summary>The last frame: to the status channel, to stderr if the sandbox has something to say, and as exit code.</summary>
    public static int End(JsonView ended, StatusChannel status)
    {
        JsonView ending = ended["ending"u8];
        JsonView killed = ended["outOfMemory"u8];
        status.Ended(ended["id"u8].Text, ending, ended["usage"u8], killed);
        if (FailureLine.OfKilled(ending, killed) is { } note)
            Output.Error("isolation: " + note);
        return FailureLine.OfEnding(ending) is { } line ? FailureLine.Of(ExitCode.OfEnding(ending), line) : ExitCode.OfEnding(ending);
    }

    private int? Frames(ServiceConnection from)
    {
        try
        {
            bool more = from.Fill();
            while (from.TryTake(out JsonView frame))
            {
                if (Take(frame, from) is int exitCode)
                    return exitCode;
            }

            if (!more)
                Drop();
            return null;
        }
        catch (WireException e)
        {
            return Lose($"the service breaks the protocol: {e.Message}", _status);
        }
    }

    private int? Take(JsonView frame, ServiceConnection from)
    {
        if (frame["code"u8].Text != "busy")
            reconnection.Answered();
        switch (frame["type"u8].Text)
        {
            case "started":
                if (!_started)
                    _status.Running(frame["payload"u8]);
                _started = true;
                _giveUpAt = long.MaxValue;
                return observers.Detached is null ? null : Leave();
            case "ended" when observers.Detached is not null && HasRun(frame["ending"u8]):
                return Leave(); // before the service that was asked again could tell of its start
            case "ended":
                _usage?.WriteLast(frame["usage"u8]);
                return Fetched(frame, End(frame, _status));
            case "collect":
                Collect(from);
                return null;
            case "error" when reconnection.IsAsking && frame["code"u8].Text == "busy":
                Drop();
                return null;
            case "error" when reconnection.IsAsking && !_started && frame["code"u8].Text == "no-such-payload":
                return NeverStarted();
            case "error":
                return Lose($"the service failed: {frame["message"u8].Text}", _status);
            default:
                return null;
        }
    }

    // Its id and handle are all that its client leaves: whoever has them can wait for it.
    private int Leave()
    {
        Forward();
        return Output.Write($"{reconnection.Id} {reconnection.Handle}\n");
    }

    private static bool HasRun(JsonView ending) => ending["kind"u8].Text is "exited" or "signaled" or "timed-out" or "out-of-memory" or "killed-from-outside";

    private void Drop()
    {
        _service?.Dispose();
        _service = null;
        reconnection.Begin();
    }

    private int? Reconnect()
    {
        _service = reconnection.TryOpen();
        return _service is null && reconnection.IsHopeless(_channelOpen) ? Lose("the service went away", _status) : null;
    }

    // What is not on record as admitted was never started, and the service that was about to has gone.
    private int NeverStarted()
    {
        string line = FailureLine.Sentence("setup-failed: the service was started again before the payload was; nothing of the payload has run", "Try again");
        _status.Ended("setup-failed", line);
        return FailureLine.Of(ExitCode.SetupFailed, line);
    }

    // The payload is over: a signal that ends programs ends the fetching.
    private void Collect(ServiceConnection from)
    {
        ReadOnlyMemory<byte>? answer = observers.Exchange?.Fetch(() => signals.Descriptor.Take() is int signal && Ends(signal));
        if (answer is { } told)
            _ = from.TrySend(told.Span, out _);
    }

    private int Fetched(JsonView ended, int exitCode)
    {
        foreach (string line in observers.Exchange?.Missing(ended["notCollected"u8].Text) ?? [])
        {
            Output.Error("isolation: " + line);
            exitCode = exitCode == ExitCode.Done ? ExitCode.NotFetched : exitCode;
        }

        return exitCode;
    }

    private void AskForUsage()
    {
        Span<byte> message = stackalloc byte[PilotMessage.Size];
        PilotMessage.OfUsage.Write(message);
        // A channel that takes nothing now is asked again after the interval; one that is over has its ending on the way.
        _ = Sys.TrySend(channel, message, [], out _);
        _usage!.Asked();
    }

    private void TakeUsage()
    {
        Span<byte> message = stackalloc byte[UsageMessage.MostBytes + 1];
        Received received = Sys.Receive(channel, message, 0, out _);
        if (received.Length > 0 && UsageMessage.TryRead(message[..received.Length]) is { } seen)
            _usage!.Write(seen);
    }

    private void Keep(int signal)
    {
        if (!_kept.Contains(signal))
            _kept.Add(signal);
        if (!_started && _giveUpAt == long.MaxValue && Ends(signal))
            _giveUpAt = Environment.TickCount64 + KeepMilliseconds;
    }

    private void Forward()
    {
        Span<byte> message = stackalloc byte[PilotMessage.Size];
        while (_kept.Count > 0)
        {
            int signal = _kept[0];
            PilotMessage.OfSignal(signal).Write(message);
            if (_channelOpen && Sys.TrySend(channel, message, [], out int errno) < 0)
            {
                if (errno == Errno.EAGAIN)
                    return;
                _channelOpen = false; // the cell is over: its ending is on the way
            }

            _kept.RemoveAt(0);
            if (signal == ForwardedSignals.TerminalStop)
                Sys.SignalSelf(ForwardedSignals.Stop); // goes on when somebody sends CONT, which is then forwarded
        }
    }

    /// <summary>Nothing has started, and somebody wants this client to end: it ends by that signal, and the service undoes the rest.</summary>
    private int GiveUp()
    {
        int signal = _kept.First(Ends);
        _status.Ended("abandoned", $"the client was ended by signal {signal} before the payload's start");
        signals.EndBy(signal);
        return ExitCode.OfSignal(signal);
    }

    /// <summary>How it ends is not known: said, and the exit code for it.</summary>
    public static int Lose(string cause, StatusChannel status)
    {
        string line = FailureLine.Sentence(
            $"how the payload ends is not known: {cause} while it ran. If it still runs it is ended, because its client ends now",
            "Treat it as failed; `isolation trace` on this node will know its ending");
        status.Ended("lost", line);
        return FailureLine.Of(ExitCode.Lost, line);
    }

    private int Timeout() => _service is null ? reconnection.MillisecondsToTry
        : _giveUpAt != long.MaxValue ? (int)Math.Clamp(_giveUpAt - Environment.TickCount64, 0, KeepMilliseconds)
        : _usage is not null && _started && _channelOpen ? (int)_usage.MillisecondsToAsk
        : -1;

    /// <summary>True for a signal that is to end the client.</summary>
    public static bool Ends(int signal)
        => signal is ForwardedSignals.Terminate or ForwardedSignals.Interrupt or ForwardedSignals.HangUp or ForwardedSignals.Quit;
}
