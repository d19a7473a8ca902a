using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>
/// Logs one line an event to standard error: time, level, event id, text. Written by a thread of its own, so that nobody waits for
/// a reader that does not read; what does not fit into the queue, or is one of too many in a second, is counted and told later.
/// </summary>
internal sealed class StderrLog : ILoggerProvider
{
    private const int MaxQueued = 4096;

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(
        // The writer's thread is woken by whoever writes: a thread pool that is full must not keep the log back.
        new BoundedChannelOptions(MaxQueued) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait, AllowSynchronousContinuations = true });
    private readonly TimeProvider _clock;
    private readonly LinesPerSecond _turns;
    private readonly Stream _target;
    private readonly Thread _writer;
    private int _dropped;

    public StderrLog(TimeProvider clock, Stream? target = null)
    {
        _clock = clock;
        _turns = new LinesPerSecond(clock);
        _target = target ?? Console.OpenStandardError();
        _writer = new Thread(Write) { IsBackground = true, Name = "log" };
        _writer.Start();
    }

    public ILogger CreateLogger(string categoryName) => new Writer(this);

    public void Dispose()
    {
        _lines.Writer.TryComplete();
        // A reader that does not read must not hold up the end.
        _writer.Join(TimeSpan.FromSeconds(1));
    }

    private void Enqueue(string line)
    {
        if (!_lines.Writer.TryWrite(line))
            Interlocked.Increment(ref _dropped);
    }

    private void Write()
    {
        try
        {
            while (true)
            {
                if (!_lines.Reader.TryRead(out string? line))
                {
                    if (!_lines.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
                        return;
                    continue;
                }

                _target.Write(Encoding.UTF8.GetBytes(line));
                if (Interlocked.Exchange(ref _dropped, 0) is int dropped and > 0)
                    _target.Write(Encoding.UTF8.GetBytes($"{dropped} lines of the log were lost: nobody read standard error\n"));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Nobody is there to be told.
        }
    }

    private sealed class Writer(StderrLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel) || !log._turns.Take(eventId.Id, out int leftOut))
                return;
            string text = formatter(state, exception) + (exception is null ? "" : $": {exception}") + (leftOut == 0 ? "" : $" ({leftOut} lines of event {eventId.Id} were left out before this one)");
            log.Enqueue(string.Create(CultureInfo.InvariantCulture,
                $"{log._clock.GetUtcNow().UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {Name(logLevel)} {eventId.Id} {text.ReplaceLineEndings(" | ")}\n"));
        }

        private static string Name(LogLevel level) => level switch
        {
            LogLevel.Information => "info",
            LogLevel.Warning => "warning",
            LogLevel.Error => "error",
            LogLevel.Critical => "critical",
            _ => "debug",
        };
    }
}
