using System.Diagnostics;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.LogOnly;

/// <summary>
/// Watches one payload that its client has forked, from a thread of its own: it ends with its main process, its client, its wall-clock limit or on
/// order. Then what is in the leaf is killed, and who can say it says how the main process ended: the kernel, else the client.
/// </summary>
internal sealed class ForkedWatch : IDisposable
{
    private const int SIGKILL = 9;
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeavePatience = TimeSpan.FromMilliseconds(100); // how long one that is in the leaf may take to die
    private static readonly TimeSpan WordPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KernelPatience = TimeSpan.FromMilliseconds(50); // a client that speaks has mostly collected its child before
    private static readonly TimeSpan OrphanPatience = TimeSpan.FromMilliseconds(250); // init collects the child of a client that is gone
    private readonly Leaf _leaf;
    private readonly PidFd? _child;
    private readonly PidFd? _client;
    private readonly TimeSpan? _wall;
    private readonly bool _kernelTells;
    private readonly Action<EndingCause> _note;
    private readonly EndingCause _before;
    private readonly EventFd _order = EventFd.Create();
    private readonly EventFd _heard = EventFd.Create();
    private readonly TaskCompletionSource<ForkedEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (EndedHow How, int Value)? _told;
    private bool _hasLeft;

    /// <summary>Begins. The descriptors are borrowed until <see cref="End"/> completes; a process that nobody can hold any more is null.</summary>
    /// <param name="leaf">The payload's leaf.</param>
    /// <param name="child">Its main process.</param>
    /// <param name="client">Whose child that is.</param>
    /// <param name="wall">Its wall-clock limit.</param>
    /// <param name="kernelTells">A pidfd says how its process ended (Linux 6.15).</param>
    /// <param name="usage">Reads the counters.</param>
    /// <param name="note">Called with why it is ended, before anything is killed.</param>
    /// <param name="before">Why an earlier warden was about to end it, or had done so; None where it was not.</param>
    internal ForkedWatch(
        Leaf leaf, PidFd? child, PidFd? client, TimeSpan? wall, bool kernelTells, ForkedUsage usage, Action<EndingCause> note, EndingCause before = EndingCause.None)
    {
        (_leaf, _child, _client, _wall, _kernelTells, Usage, _note, _before) = (leaf, child, client, wall, kernelTells, usage, note, before);
        new Thread(Run, maxStackSize: 256 << 10) { IsBackground = true, Name = "log-only" }.Start();
    }

    /// <summary>What it uses.</summary>
    internal ForkedUsage Usage { get; }

    /// <summary>How it ended. Never faults.</summary>
    internal Task<ForkedEnd> End => _end.Task;

    /// <summary>It is to end now.</summary>
    internal void Order() => _order.Raise();

    /// <summary>The client's word; the first counts.</summary>
    internal void Tell(EndedHow how, int value)
    {
        lock (_end)
            _told ??= (how, value);
        _heard.Raise();
    }

    public void Dispose()
    {
        _order.Dispose();
        _heard.Dispose();
    }

    private bool ChildIsOver => _child is null || _child.IsOver;

    private bool ClientIsOver => _client is null || _client.IsOver;

    private void Run()
    {
        EndingCause cause = EndingCause.None;
        long endedAt = 0;
        try
        {
            cause = _before == EndingCause.None ? Wait() : _before;
            endedAt = Stopwatch.GetTimestamp();
            if (cause != _before)
                _note(cause);
            (bool isEmpty, string detail) = Empty();
            CrashPoint.Reach("warden: log-only: killed", cause == EndingCause.WallLimit);
            (EndedHow how, int value, EndingObserver observer) = Verdict(cause);
            // It died with its client, or because of it.
            if (cause == EndingCause.None && how is EndedHow.Unknown or EndedHow.Signaled && value is 0 or SIGKILL && (_client is null || Sys.Poll(_client, PollEvents.In, 20) != PollEvents.None))
                cause = EndingCause.ClientGone;
            if (how == EndedHow.Unknown && detail.Length == 0)
                detail = "neither the kernel nor the client said how the main process ended";
            ObservedUsage usage = Usage.Read(endedAt);
            var seen = new ObservedEnding(how, value, cause, isEmpty, detail, usage) { Observer = observer, OutOfMemory = Usage.OutOfMemory(usage) };
            _end.TrySetResult(new ForkedEnd(seen, _hasLeft));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            _end.TrySetResult(new ForkedEnd(
                new ObservedEnding(EndedHow.Unknown, 0, cause, false, $"it could not be watched: {e.Message}", ObservedUsage.None) { Observer = EndingObserver.Warden }, _hasLeft));
        }
    }

    private EndingCause Wait()
    {
        Span<PollEntry> entries =
        [
            new PollEntry { Number = _child?.Number ?? -1, Wanted = PollEvents.In },
            new PollEntry { Number = _client?.Number ?? -1, Wanted = PollEvents.In },
            new PollEntry { Number = _order.Number, Wanted = PollEvents.In },
        ];
        while (_child is not null && _client is not null)
        {
            TimeSpan? left = _wall - Usage.Elapsed;
            if (left <= TimeSpan.Zero)
                return ChildIsOver ? EndingCause.None : EndingCause.WallLimit; // it may have ended in time, with no warden to see it
            int wait = left is TimeSpan rest ? (int)Math.Min(Math.Ceiling(rest.TotalMilliseconds), Usage.MillisecondsToSample) : Usage.MillisecondsToSample;
            _ = Sys.Poll(entries, wait);
            if (entries[0].Seen != PollEvents.None)
                return EndingCause.None;
            if (entries[1].Seen != PollEvents.None)
                return EndingCause.ClientGone;
            if (entries[2].Seen != PollEvents.None)
                return EndingCause.Ordered;
            Usage.SampleIfDue();
        }

        return _child is null ? EndingCause.None : EndingCause.ClientGone;
    }

    private (bool IsEmpty, string Detail) Empty()
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            bool mainIsOver = ChildIsOver;
            if (mainIsOver && _leaf.IsEmpty)
                return (true, "");
            TimeSpan waited = Stopwatch.GetElapsedTime(since);
            if (waited > KillPatience)
                return (false, mainIsOver ? $"the leaf was still populated {KillPatience.TotalSeconds:0} s after cgroup.kill" : $"the main process was still there {KillPatience.TotalSeconds:0} s after it was killed");
            if (!_leaf.IsEmpty)
                _leaf.KillAll();
            if (!mainIsOver && (_leaf.IsEmpty || waited > LeavePatience))
            {
                // It is somewhere else: what is known of it is the process itself.
                _hasLeft = true;
                _child!.Signal(SIGKILL);
            }

            _ = mainIsOver ? Sys.Poll(_leaf.Events, PollEvents.Priority, 5) : Sys.Poll(_child!, PollEvents.In, 5);
        }
    }

    private (EndedHow How, int Value, EndingObserver Observer) Verdict(EndingCause cause)
    {
        if (!ChildIsOver)
            return (EndedHow.Unknown, 0, EndingObserver.Warden);
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            (EndedHow How, int Value)? told;
            lock (_end)
                told = _told;
            TimeSpan waited = Stopwatch.GetElapsedTime(since);
            if (told is { How: EndedHow.NeverStarted, Value: int errno })
                return (EndedHow.NeverStarted, errno, EndingObserver.Client); // its exit code is not a payload's
            if (_kernelTells && _child?.Exit() is ExitInfo exit)
            {
                _hasLeft |= exit.Cgroup != 0 && exit.Cgroup != (ulong)_leaf.Unified.Inode;
                return (exit.IsExit ? EndedHow.Exited : EndedHow.Signaled, exit.Value, EndingObserver.Kernel);
            }

            if (told is { } word && (!_kernelTells || waited > KernelPatience))
                return (word.How, word.Value, EndingObserver.Client);
            if (waited > (ClientIsOver || cause == EndingCause.ClientGone ? OrphanPatience : WordPatience))
                return (EndedHow.Unknown, 0, EndingObserver.Warden);
            _ = Sys.Poll(told is null ? _heard : _order, PollEvents.In, 5);
        }
    }
}

/// <summary>The end of a payload that its client forked.</summary>
/// <param name="Seen">What was seen of it.</param>
/// <param name="HasLeft">The main process was not in its leaf any more.</param>
internal sealed record ForkedEnd(ObservedEnding Seen, bool HasLeft);
