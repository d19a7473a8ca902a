using System.Diagnostics;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>
/// The loop of cell-init. One thread, the main one, waits with poll for the warden, the client, the payload and the mailbox, and does
/// everything that must not hang; threads that may hang (receiving and closing a stranger's descriptors, opening a payload's files)
/// only put news into the mailbox. States: empty → entered → resolved → running → over; the ending is kept and said again to every
/// warden that proves the secret, until one acknowledges it.
/// </summary>
internal sealed class Resident(UnixSocket listener, byte[] secret) : IDisposable
{
    private static readonly TimeSpan WardenDeadline = TimeSpan.FromSeconds(30);
    private static readonly ulong ChildSignal = SignalFd.MaskOf(17 /* SIGCHLD */);

    private const ulong ToBecomeThePayloadForFiles = Capabilities.SetUid | Capabilities.SetGid;

    // Before anybody waits for them.
    private readonly FileThread _channel = new(Capabilities.Kill), _files = new(ToBecomeThePayloadForFiles);
    private readonly Mailbox _mailbox = new();
    private readonly SignalFd _children = SignalFd.Create(ChildSignal);
    private ControlConnection? _warden;
    private Visit? _visit;
    private bool _acknowledged;
    private long _aloneSince = Stopwatch.GetTimestamp();

    /// <summary>Runs until the ending is acknowledged, or a room that nobody entered is given up.</summary>
    internal void Live()
    {
        while (!_acknowledged)
        {
            Span<PollEntry> entries =
            [
                Wait(listener.Number),
                Wait(_warden?.Number ?? -1),
                Wait(_mailbox.Number),
                Wait(_children.Number),
                Wait(_visit is { ClientIsGone: false } ? _visit.Client.Number : -1),
                Wait(_visit?.Payload is { } running && _visit.Ending is null ? running.Number : -1),
            ];
            ControlConnection? polled = _warden;
            int ready = Sys.Poll(entries, Patience());
            if (ready == 0 && IsForgotten && LeftAlone() == 0)
                return; // whoever built this room is gone, and nobody has come instead

            if (Has(entries[0]))
                Meet(listener.Accept());
            // Before the warden is heard: it may say start, and the client may have gone before.
            if (Has(entries[2]))
                ReadMail();
            if (Has(entries[4]))
                _visit?.OnClientGone();
            if (Has(entries[1]) && _warden is not null && _warden == polled)
                Hear();
            if (Has(entries[5]))
                _visit?.OnPayloadOver();
            if (Has(entries[3]))
                ReapOrphans();
            _visit?.OnTime();
            Tell();
        }
    }

    private bool IsForgotten => _warden is null && _visit is null or { Payload: null };

    private int Patience()
    {
        int own = _visit?.MillisecondsToDeadline() ?? -1;
        return !IsForgotten ? own : own < 0 ? LeftAlone() : Math.Min(own, LeftAlone());
    }

    private int LeftAlone() => (int)Math.Max(0, Math.Ceiling((WardenDeadline - Stopwatch.GetElapsedTime(_aloneSince)).TotalMilliseconds));

    public void Dispose()
    {
        _warden?.Dispose();
        _visit?.Dispose();
        _children.Dispose();
        _mailbox.Dispose();
    }

    private static PollEntry Wait(int number) => new() { Number = number, Wanted = PollEvents.In };

    private static bool Has(PollEntry entry) => entry.Seen != PollEvents.None;

    // The directory of the socket is root's alone: a new connection is a new warden's, or an attempt that the proof refuses.
    private void Meet(UnixSocket socket)
    {
        _warden?.Dispose();
        _warden = new ControlConnection(socket);
        if (_visit is not null)
            _visit.EndingIsTold = false;
    }

    private void Hear()
    {
        bool alive;
        try
        {
            alive = _warden!.TryFill();
            while (alive && _warden.TryTake(out ControlKind kind, out byte[] body))
                alive = _warden.IsProven ? Obey(kind, body) : _warden.TryProve(secret, kind, body);
        }
        catch (WireException)
        {
            alive = false;
        }

        if (alive)
            return;
        _warden!.Dispose();
        _warden = null;
        _aloneSince = Stopwatch.GetTimestamp();
        // A payload that runs, or its ending, waits for the next warden. So does, for a while, a room that may have been about to be told to start:
        // the ticket says that it was, and nobody else can say that it was not. Any other in which nothing has started serves nobody.
        _acknowledged |= _visit is null or { Payload: null, AwaitsStart: false };
    }

    private bool Obey(ControlKind kind, byte[] body)
    {
        switch (kind)
        {
            case ControlKind.Enter when _visit is null:
                EnterCell enter = EnterCell.Read(new MessageReader(body));
                CellDescriptors descriptors = CellDescriptors.Take(_warden!.TakeDescriptors(), enter);
                CrashPoint.Reach("cell-init: entering");
                string? failed = OwnMounts.Arrange(enter, descriptors);
                CrashPoint.Reach("cell-init: mounts arranged");
                _visit = new Visit(enter, descriptors, _mailbox, _files);
                PilotChannel.Open(_channel, descriptors.Channel, enter.PilotEndInode, _mailbox);
                CrashPoint.Reach("cell-init: entered");
                return _warden.TrySend(ControlKind.Entered, w => w.Text(failed ?? ""));
            case ControlKind.Resolve when _visit is not null:
                _visit.Resolve(_warden!);
                return true;
            case ControlKind.Digest when _visit is not null:
                _visit.Digest();
                return true;
            case ControlKind.Start when _visit is not null:
                return _visit.Start(_warden!);
            case ControlKind.Signal when body.Length == 4:
                bool reached = _visit?.Signal(new MessageReader(body).I32()) ?? false;
                return _warden!.TrySend(ControlKind.Signalled, w => w.Flag(reached));
            case ControlKind.Look:
                int pid = _visit?.Payload?.Pid ?? 0;
                return _warden!.TrySend(ControlKind.Looked, w => w.I32(pid));
            case ControlKind.Kill:
                if (_visit is null)
                    _acknowledged = true;
                else
                    _visit.End(EndingCause.Ordered);
                return true;
            case ControlKind.Acknowledge when _visit is null or { Ending: not null }:
                CrashPoint.Reach("cell-init: acknowledged");
                _acknowledged = true;
                return true;
            default:
                return false;
        }
    }

    private void ReadMail()
    {
        _mailbox.ClearSignal();
        while (_mailbox.TryTake(out News? news))
            _visit?.OnNews(news, _warden is { IsProven: true } ? _warden : null);
    }

    // The main process is not reaped here: it is a zombie until its leaf is empty, so that its number stays its own.
    private void ReapOrphans()
    {
        while (_children.Take() != 0)
        {
        }

        while (Sys.AnyEndedChild() is ChildEnd ended && ended.Pid != _visit?.MainPid)
            Sys.Reap(ended.Pid);
    }

    private void Tell()
    {
        if (_visit is { Ending: ObservedEnding ending, EndingIsTold: false } && _warden is { IsProven: true })
        {
            CrashPoint.Reach("cell-init: ending known");
            _visit.EndingIsTold = _warden.TrySend(ControlKind.Ended, w => ending.Write(w));
            CrashPoint.Reach("cell-init: ending told");
        }
    }
}
