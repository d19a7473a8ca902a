using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Isolation.Linux;

namespace Isolation.CellInit;

/// <summary>What the threads that may hang tell the main one, which polls <see cref="Number"/> and never waits for them.</summary>
internal sealed class Mailbox : IDisposable
{
    private readonly ConcurrentQueue<News> _news = new();
    private readonly EventFd _signal = EventFd.Create();

    internal int Number => _signal.Number;

    /// <summary>How many pieces of news wait.</summary>
    internal int Waiting => _news.Count;

    internal void Post(News news)
    {
        _news.Enqueue(news);
        _signal.Raise();
    }

    internal void ClearSignal() => _signal.Clear();

    internal bool TryTake([NotNullWhen(true)] out News? news) => _news.TryDequeue(out news);

    public void Dispose() => _signal.Dispose();
}

/// <summary>One piece of news.</summary>
internal abstract record News
{
    private News() { }

    /// <summary>The client's streams are here and of kinds that may be passed; null stands for a closed one.</summary>
    internal sealed record Streams(Descriptor?[] Three) : News;

    /// <summary>A stream is of no kind that may be passed.</summary>
    internal sealed record StreamRefused(int Stream, string Kind) : News;

    /// <summary>The client wants a signal forwarded.</summary>
    internal sealed record ForwardSignal(int Number) : News;

    /// <summary>The client wants to know what its payload has used.</summary>
    internal sealed record UsageWanted : News;

    /// <summary>The client closed its end, or broke the channel's protocol.</summary>
    internal sealed record ChannelEnded : News;

    /// <summary>The command has been looked at.</summary>
    internal sealed record Resolved(ResolvedFile Result) : News;

    /// <summary>The command's file has been digested, or could not be.</summary>
    internal sealed record Digested(byte[] Digest, string WhyNot) : News;
}
