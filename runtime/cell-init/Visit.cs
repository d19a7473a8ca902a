using System.Diagnostics;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>One payload in the room, from entering to its ending. Used by the main thread only.</summary>
internal sealed class Visit : IDisposable
{
    private const int KillAgainMilliseconds = 100;
    private static readonly TimeSpan CommandDeadline = TimeSpan.FromSeconds(30);
    private readonly EnterCell _enter;
    private readonly CellDescriptors _descriptors;
    private readonly Mailbox _mailbox;
    private readonly FileThread _files;
    private readonly UsageWatch _usage;
    private readonly RoomProcesses? _room;
    private readonly long _enteredAt = Stopwatch.GetTimestamp();
    private long _streamsAt;
    private Descriptor?[]? _streams;
    private Command? _command;
    private ResolvedFile? _resolved;
    private PreparedPayload? _prepared;
    private News? _streamFault;
    private ControlConnection? _awaitsResolution;
    private EndingCause _cause;
    private EndWatch? _watch;

    internal Visit(EnterCell enter, CellDescriptors descriptors, Mailbox mailbox, FileThread files)
    {
        (_enter, _descriptors, _mailbox, _files) = (enter, descriptors, mailbox, files);
        _usage = new UsageWatch(descriptors.Counters);
        _room = enter.Own is { LeafIsThePilots: true } ? new RoomProcesses() : null;
    }

    // A client that brings files may take long for its streams; the command's file system may not.
    private int ResolutionRemaining => _streams is null
        ? Remaining(_enteredAt, TimeSpan.FromMilliseconds(_enter.StreamsMilliseconds))
        : Remaining(_streamsAt, CommandDeadline);

    internal PidFd Client => _descriptors.Client;

    internal bool ClientIsGone { get; private set; }

    internal Payload? Payload { get; private set; }

    /// <summary>The number of the payload's main process, also of one that waits to be let go; not to be reaped.</summary>
    internal int MainPid => Payload?.Pid ?? _prepared?.Pid ?? 0;

    /// <summary>Nothing is missing but to be told, or it has been and nothing came of it.</summary>
    internal bool AwaitsStart => _resolved is not null && Payload is null;

    internal ObservedEnding? Ending { get; private set; }

    internal bool EndingIsTold { get; set; }

    /// <summary>How long the loop may sleep; -1 for ever.</summary>
    internal int MillisecondsToDeadline()
    {
        if (Ending is not null)
            return -1;
        if (_watch is not null)
            return KillAgainMilliseconds;
        if (Payload is null)
            return _awaitsResolution is null ? -1 : ResolutionRemaining;
        int sample = _usage.MillisecondsToSample;
        return _enter.WallMilliseconds == 0 ? sample : Math.Min(sample, Remaining(Payload.StartedAt, TimeSpan.FromMilliseconds(_enter.WallMilliseconds)));
    }

    /// <summary>The warden wants to know what the command is; answered once the streams are there.</summary>
    internal void Resolve(ControlConnection warden)
    {
        _awaitsResolution = warden;
        Advance();
    }

    /// <summary>The warden wants the digest.</summary>
    internal void Digest()
    {
        ResolvedFile? resolved = _resolved;
        _files.Begin(() => _mailbox.Post(CommandFile.Digest(resolved?.File, resolved?.Resolution.File ?? default)));
    }

    /// <summary>Starts the payload.</summary>
    internal bool Start(ControlConnection warden)
    {
        if (_prepared is null || _streams is null || _resolved is null || Ending is not null)
            return false;

        CrashPoint.Reach("cell-init: told to start");
        (Payload? running, int step, int errno) = ClientIsGone
            ? (null, (int)StartStep.ClientGone, 0)
            : _prepared.LetGo();
        CrashPoint.Reach("cell-init: payload started");
        Payload = running;
        _prepared.Dispose();
        _prepared = null;
        Confinement.DropCapabilities();
        CloseWhereItMayHang([.. _streams, _resolved.File]);
        (_streams, _command) = (null, null);
        Confinement.InstallFilter();
        if (running is not null)
        {
            _usage.Begin(running.StartedAt);
            CrashPoint.Reach("cell-init: filter installed");
            return warden.TrySend(ControlKind.Started, w => w.I32(running.Pid));
        }

        // Nothing of the payload has run; a child that was killed half-way may still be in the leaf.
        _cause = ClientIsGone ? EndingCause.ClientGone : EndingCause.None;
        _watch = new EndWatch(_descriptors, _room);
        return warden.TrySend(ControlKind.NotStarted, w => w.I32(step).I32(errno));
    }

    /// <summary>Sends a signal to the payload; false when there is nobody.</summary>
    internal bool Signal(int number) => number is > 0 and < 65 && Payload is not null && _watch is null && Payload.Signal(number);

    /// <summary>Ends the payload for a reason.</summary>
    internal void End(EndingCause cause)
    {
        if (Ending is not null || _watch is not null)
            return;
        // A payload that was over by itself before anybody wanted its end was not ended.
        _cause = Payload?.End() is null ? cause : EndingCause.None;
        BeginEnd();
    }

    internal void OnClientGone()
    {
        ClientIsGone = true;
        if (Payload is not null && !_enter.IsDetached)
            End(EndingCause.ClientGone);
        else
            Advance();
    }

    internal void OnPayloadOver() => BeginEnd();

    internal void OnNews(News news, ControlConnection? warden)
    {
        switch (news)
        {
            case News.Streams streams:
                CrashPoint.Reach("cell-init: streams here");
                (_streams, _streamsAt) = (streams.Three, Stopwatch.GetTimestamp());
                Advance();
                break;
            case News.StreamRefused:
                _streamFault = news;
                Advance();
                break;
            case News.ChannelEnded:
                OnClientGone();
                break;
            case News.ForwardSignal signal:
                _ = Signal(signal.Number);
                break;
            case News.UsageWanted when Payload is not null:
                // A client that does not read loses the answer; nobody waits for it.
                _ = Sys.TrySendNow(_descriptors.Channel, UsageMessage.Write(Observed(_usage.Answer())), out _);
                break;
            case News.Resolved resolved:
                _resolved = resolved.Result;
                Answer(resolved.Result.Resolution);
                Prepare();
                break;
            case News.Digested digested:
                CrashPoint.Reach("cell-init: digested");
                _ = warden?.TrySend(ControlKind.Digested, w => w.Bytes(digested.Digest).Text(digested.WhyNot));
                break;
        }
    }

    /// <summary>What the clock brings: the wall limit, streams that do not come, a leaf that empties.</summary>
    internal void OnTime() => OnTime(withDeadline: true);

    private void OnTime(bool withDeadline)
    {
        if (Ending is not null)
            return;
        if (_watch is null && Payload is not null && _enter.WallMilliseconds > 0 && Remaining(Payload.StartedAt, TimeSpan.FromMilliseconds(_enter.WallMilliseconds)) == 0)
        {
            End(EndingCause.WallLimit);
            return;
        }

        if (_watch is null && _awaitsResolution is not null && withDeadline && ResolutionRemaining == 0)
            Answer(Refusal(ResolutionOutcome.TimedOut, _streams is null ? "the client's streams" : "the file system of the command"));
        if (_watch is null && Payload is not null)
            _usage.SampleIfDue();
        if (_watch?.Observe(Payload) is not (bool empty, string detail))
            return;

        CrashPoint.Reach("cell-init: leaf empty");
        ChildEnd? end = Payload?.End();
        ObservedUsage usage = Payload is null ? ObservedUsage.None : Observed(_usage.Read(_watch.EndedAt));
        Ending = new ObservedEnding(
            Payload is null ? EndedHow.NeverStarted : end is null ? EndedHow.Unknown : end.Value.IsExit ? EndedHow.Exited : EndedHow.Signaled,
            end?.Value ?? 0, _cause, empty, detail, usage) { OutOfMemory = Starved(usage) };
    }

    private static ObservedUsage Observed(IReadOnlyDictionary<UsageFigure, long> figures) => ObservedUsage.Of(figures.Select(f => ((byte)f.Key, f.Value)));

    private ObservedOutOfMemory? Starved(ObservedUsage usage) => usage[(byte)UsageFigure.OutOfMemoryKills] is > 0 and long kills
        ? new ObservedOutOfMemory(kills, (byte)_usage.StarvedBy(), OutOfMemoryVictim.NotKnown, "")
        : null;

    public void Dispose()
    {
        _prepared?.Dispose();
        Payload?.Reap(); // not before: the warden may still be asking for its number on the host
        Payload?.Dispose();
        _room?.Dispose();
        _descriptors.Dispose();
    }

    private void BeginEnd()
    {
        CrashPoint.Reach("cell-init: main process over");
        if (_watch is null && Payload is not null)
            _usage.Sample(); // the last that is to be seen before the kill
        _prepared?.Dispose();
        _prepared = null;
        _watch ??= new EndWatch(_descriptors, _room);
        OnTime(withDeadline: false);
    }

    // Looks for the command once the streams are there and the warden has asked.
    private void Advance()
    {
        if (_awaitsResolution is null || Payload is not null)
            return;
        if (_streamFault is News.StreamRefused refused)
            Answer(Refusal(ResolutionOutcome.StreamRefused, refused.Kind) with { Stream = refused.Stream });
        else if (ClientIsGone)
            Answer(Refusal(ResolutionOutcome.ClientGone, ""));
        else if (_streams is not null && _command is null)
        {
            try
            {
                _command = Command.Read(_descriptors.Command, _enter);
                Command command = _command;
                _files.Begin(() => _mailbox.Post(new News.Resolved(CommandFile.Resolve(command, _enter))));
            }
            catch (WireException e)
            {
                Answer(Refusal(ResolutionOutcome.CommandNotUsable, e.Message));
            }
        }
    }

    private void Answer(CellResolution resolution)
    {
        CrashPoint.Reach("cell-init: resolved");
        _ = _awaitsResolution?.TrySend(ControlKind.Resolved, w => resolution.Write(w));
        CrashPoint.Reach("cell-init: resolution told");
        _awaitsResolution = null;
    }

    private static CellResolution Refusal(ResolutionOutcome outcome, string detail) => new(outcome, [], default, 0, 0, detail);

    // While the warden and the front write down who this is: when they say so, only the program is missing.
    private void Prepare()
    {
        if (_resolved is not { Resolution: { Outcome: ResolutionOutcome.Resolved, Path: byte[] path } } || _prepared is not null || _watch is not null || Ending is not null || ClientIsGone)
            return;
        // Who sends on a socket is taken to be about to sleep, and the warden's thread is woken on this very processor: it goes first.
        _ = Thread.Yield();
        _prepared = new PreparedPayload(_enter, _command!, path, _descriptors, _streams!);
        Confinement.DropAdministration();
        _descriptors.CloseWhatTheStartNeeded();
        CrashPoint.Reach("cell-init: payload prepared");
    }

    // Closing a stranger's descriptor, or a file of the payload's, can take for ever; until it is closed a pipe's reader sees no end.
    private void CloseWhereItMayHang(Descriptor?[] strangers)
    {
        FileThread thread = _files.IsIdle ? _files : new FileThread(); // a digest may never come to its end
        thread.Begin(() =>
        {
            foreach (Descriptor? stranger in strangers)
                stranger?.Dispose();
        });
    }

    private static int Remaining(long since, TimeSpan limit)
    {
        TimeSpan left = limit - Stopwatch.GetElapsedTime(since);
        return left <= TimeSpan.Zero ? 0 : (int)Math.Min(left.TotalMilliseconds + 1, 1_000_000_000);
    }
}
