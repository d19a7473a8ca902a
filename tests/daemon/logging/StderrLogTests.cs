using System.Text;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: however often somebody is refused, the log grows by a bounded number of lines a second, says how many were left out, and loses no other event for it.</summary>
public sealed class StderrLogTests
{
    private const int Flood = 105, Other = 7;
    private readonly StandingClock _clock = new();

    [Fact]
    public void AFloodOfOneEventIsCutAndCountedAndHidesNoOther()
    {
        string[] lines = Written(log =>
        {
            for (int i = 0; i < 1000; i++)
                Log(log, Flood, "refused");
            Log(log, Other, "ready");
            _clock.Now += TimeSpan.FromSeconds(1);
            Log(log, Flood, "refused");
        });
        Assert.Equal(LinesPerSecond.Most + 2, lines.Length);
        Assert.EndsWith("7 ready", lines[^2], StringComparison.Ordinal);
        Assert.EndsWith($"105 refused ({1000 - LinesPerSecond.Most} lines of event 105 were left out before this one)", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsRareIsWrittenAsItIs()
    {
        string[] lines = Written(log =>
        {
            for (int i = 0; i < 120; i++)
            {
                Log(log, Flood, $"{i}");
                _clock.Now += TimeSpan.FromMilliseconds(100);
            }
        });
        Assert.Equal(Enumerable.Range(0, 120).Select(i => $"info 105 {i}"), lines.Select(l => l[(l.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
    }

    [Fact]
    public void AThreadPoolThatIsFullKeepsNothingBack()
    {
        using ManualResetEventSlim release = new();
        using CountdownEvent over = new(500);
        for (int i = 0; i < 500; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ =>
            {
                release.Wait();
                over.Signal();
            }, null);
        }

        string[] lines = Written(log =>
        {
            Thread.Sleep(50); // the writer waits
            Log(log, Other, "ready");
            Thread.Sleep(50);
        });
        release.Set();
        over.Wait();
        Assert.Single(lines);
    }

    private string[] Written(Action<ILogger> act)
    {
        using MemoryStream target = new();
        using (StderrLog provider = new(_clock, target))
            act(provider.CreateLogger(""));
        return Encoding.UTF8.GetString(target.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static void Log(ILogger log, int id, string text) => log.Log(LogLevel.Information, new EventId(id), text, null, (state, _) => state);

    private sealed class StandingClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
