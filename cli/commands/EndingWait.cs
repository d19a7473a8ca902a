using System.Text;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli;

/// <summary>
/// Waits for the ending of a payload that another process has started, over one service after the other. Signals, where they are to be forwarded, go as
/// <c>signal</c> over connections of their own: the pilot's channel was its client's, and went with it.
/// </summary>
/// <param name="socket">The service's socket.</param>
/// <param name="id">The payload.</param>
/// <param name="handles">What may prove it the caller's, tried one after the other.</param>
/// <param name="signals">Signals to forward; null where they act on this process.</param>
internal sealed class EndingWait(byte[] socket, string id, IReadOnlyList<string> handles, ForwardedSignals? signals)
{
    private const int SignalPatience = ServiceConnection.Patience * 1000; // ms
    private readonly List<int> _kept = [];
    private Reconnection _reconnection = new(socket, id, handles.Count > 0 ? handles[0] : null);
    private ServiceConnection? _service;
    private int _handle;
    private bool _isHeard;
    private bool _started;
    private long _openedAt;

    /// <summary>Waits; the result is the exit code.</summary>
    public int Run()
    {
        Span<PollEntry> entries = stackalloc PollEntry[2];
        while (true)
        {
            if (_service is null && (_service = _reconnection.TryOpen()) is not null)
                (_isHeard, _openedAt) = (false, Environment.TickCount64);
            if (_service is null && _reconnection.IsHopeless(channelIsOpen: false))
                return Unanswered();
            entries[0] = new PollEntry { Number = _service?.Socket.Number ?? -1, Wanted = PollEvents.In };
            entries[1] = new PollEntry { Number = signals?.Descriptor.Number ?? -1, Wanted = PollEvents.In };
            _ = Sys.Poll(entries, Timeout());
            if (entries[0].Seen != PollEvents.None && Frames(_service!) is int exitCode)
                return exitCode;
            if (_service is not null && !_isHeard && Environment.TickCount64 - _openedAt >= SignalPatience)
                Drop();
            while (entries[1].Seen != PollEvents.None && signals!.Descriptor.Take() is > 0 and int signal)
                Keep(signal);
            if (_started && _service is not null)
                Forward();
        }
    }

    private int Timeout() => _service is null ? _reconnection.MillisecondsToTry : _isHeard ? -1 : SignalPatience;

    private int? Frames(ServiceConnection from)
    {
        try
        {
            bool more = from.Fill();
            while (from.TryTake(out JsonView frame))
            {
                if (Take(frame) is int exitCode)
                    return exitCode;
                if (_service is null)
                    return null; // another one is to be asked
            }

            if (!more)
                Drop();
            return null;
        }
        catch (WireException e)
        {
            return FailureLine.Of(ExitCode.SetupFailed, FailureLine.Sentence($"the service breaks the protocol: {e.Message}", "Use the client that belongs to the service"));
        }
    }

    private int? Take(JsonView frame)
    {
        _isHeard = true;
        string? code = frame["code"u8].Text;
        if (code != "busy")
            _reconnection.Answered();
        switch (frame["type"u8].Text)
        {
            case "started":
                _started = true;
                return null;
            case "ended":
                return PayloadWait.End(frame, StatusChannel.None);
            case "error" when code == "busy":
                Drop();
                return null;
            case "error" when code == "no-such-payload" && _handle + 1 < handles.Count:
                Drop();
                _reconnection = new Reconnection(socket, id, handles[++_handle]);
                return null;
            case "error" when code == "failed":
                return FailureLine.Of(ExitCode.Lost, FailureLine.OfError(frame));
            case "error":
                return FailureLine.Of(ExitCode.OfError(code), FailureLine.OfError(frame));
            default:
                return null;
        }
    }

    private void Drop()
    {
        _service?.Dispose();
        _service = null;
        _reconnection.Begin();
    }

    private void Keep(int signal)
    {
        if (!_kept.Contains(signal))
            _kept.Add(signal);
    }

    // A service that goes meanwhile leaves the signal to the next one.
    private void Forward()
    {
        while (_kept.Count > 0 && TrySend(_kept[0]))
        {
            int signal = _kept[0];
            _kept.RemoveAt(0);
            if (signal == ForwardedSignals.TerminalStop)
                Sys.SignalSelf(ForwardedSignals.Stop); // goes on when somebody sends CONT, which is then forwarded
        }
    }

    private bool TrySend(int signal)
    {
        using ServiceConnection? service = ServiceConnection.TryOpen(socket, out _);
        if (service is null || !service.TrySend(Requests.WithHello(to => Requests.Signal(to, id, signal, handles.Count > 0 ? handles[_handle] : null)).Span, out _))
            return false;
        try
        {
            while (service.Next(SignalPatience) is { } frame)
            {
                if (frame["type"u8].Text == "hello")
                    continue;
                if (frame["type"u8].Text == "error" && frame["code"u8].Text == "busy")
                    return false;
                return true; // sent; or the payload is over, and its ending is on the way
            }

            return false;
        }
        catch (WireException)
        {
            return true; // another time it would be no better
        }
    }

    private int Unanswered()
        => FailureLine.Of(ExitCode.Unavailable, FailureLine.Sentence(
            $"unavailable: nobody has answered on {Encoding.UTF8.GetString(socket)} for two minutes; the payload may run on",
            "Wait again when isolationd runs on this node, or name its socket with --socket or ISOLATION_SOCKET"));
}
