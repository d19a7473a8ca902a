using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>
/// The connection to the warden, kept up: one thread connects, reads, and after a break connects again, first after 0.2 s, then
/// more slowly up to 2 s. What was asked over a connection that broke has failed; only <see cref="AskUntilAnsweredAsync"/> asks the next warden again.
/// </summary>
internal sealed class WardenLink : IDisposable
{
    private const int HelloDeadline = 5000; // ms
    private const int FirstWait = 200; // ms
    private const int LongestWait = 2000; // ms

    private readonly string _path;
    private readonly uint _uid;
    private readonly Action _changed;
    private readonly ILogger _log;
    private readonly EventFd _stop = EventFd.Create();
    private readonly Thread _thread;
    private WardenChannel? _channel;
    private TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _state = "not connected yet";
    private volatile bool _isStopping;

    /// <summary>Starts connecting.</summary>
    /// <param name="path">The warden's socket.</param>
    /// <param name="uid">Whose it must be.</param>
    /// <param name="changed">Called on the link's thread's behalf whenever the warden came or went.</param>
    /// <param name="log">Where both are told.</param>
    public WardenLink(string path, uint uid, Action changed, ILogger log)
    {
        (_path, _uid, _changed, _log) = (path, uid, changed, log);
        _thread = new Thread(Run, 512 << 10) { IsBackground = true, Name = "warden-link" };
        _thread.Start();
    }

    /// <summary>True while the warden answers.</summary>
    public bool IsConnected => Volatile.Read(ref _channel) is not null;

    /// <summary>How the connection is, for people.</summary>
    public string State => Volatile.Read(ref _state);

    /// <summary>Asks the warden. The descriptors stay the caller's.</summary>
    /// <exception cref="SetupException">It is not there, or goes before it answers.</exception>
    public Task<WardenReply> AskAsync(WardenOperation operation, Action<MessageWriter>? body, params ReadOnlySpan<Descriptor> descriptors)
        => Volatile.Read(ref _channel) is { } channel
            ? channel.AskAsync(operation, body, descriptors)
            : Task.FromException<WardenReply>(new WardenGoneException($"the warden does not answer: {State}"));

    /// <summary>
    /// Asks what means the same when it is asked twice: where the warden is not there, or goes before it answers, the next one is asked, however long that
    /// takes. When the service stops there is no answer any more: the payload lives on, and the next service asks.
    /// </summary>
    public async Task<WardenReply> AskUntilAnsweredAsync(WardenOperation operation, Action<MessageWriter> body)
    {
        while (true)
        {
            await Volatile.Read(ref _connected).Task.ConfigureAwait(false);
            try
            {
                return await AskAsync(operation, body).ConfigureAwait(false);
            }
            catch (WardenGoneException)
            {
                await Task.Delay(FirstWait).ConfigureAwait(false); // the link may not have seen it yet
            }
        }
    }

    /// <summary>The warden is about to end, or nobody needs it any more: its going is no news.</summary>
    public void ExpectEnd() => _isStopping = true;

    public void Dispose()
    {
        _isStopping = true;
        _stop.Raise();
        Volatile.Read(ref _channel)?.Shutdown();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        int wait = FirstWait;
        string? told = null;
        while (!_isStopping)
        {
            string cause;
            try
            {
                using WardenChannel channel = WardenChannel.Connect(_path, _uid, HelloDeadline);
                wait = FirstWait;
                told = null;
                Volatile.Write(ref _state, $"answers at {_path}");
                Volatile.Write(ref _channel, channel);
                _connected.TrySetResult();
                Log.WardenConnected(_log, _path);
                if (_isStopping)
                    channel.Shutdown();
                _changed();
                cause = channel.Read();
            }
            catch (Exception e) when (e is IOException or WireException)
            {
                cause = e.Message;
            }

            if (_connected.Task.IsCompleted)
                Volatile.Write(ref _connected, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            bool wasConnected = Interlocked.Exchange(ref _channel, null) is not null;
            Volatile.Write(ref _state, cause);
            if (_isStopping)
                return;
            // The same cause again and again is told once.
            if (cause != told)
                Log.WardenLost(_log, told = cause);
            if (wasConnected)
                _changed();
            _ = Sys.Poll(_stop, PollEvents.In, wait);
            wait = Math.Min(wait * 2, LongestWait);
        }
    }
}
