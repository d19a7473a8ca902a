using Isolation.Core;

namespace Isolation.Linux.Tests;

/// <summary>Promise: counters are read as the kernel writes them; one that is empty, overflows or makes no sense gives no figure, and never another.</summary>
public sealed class CounterTextTests
{
    private const string Io = "254:0 rbytes=4096 wbytes=1024 rios=1 wios=2 dbytes=0 dios=0\n8:16 \n253:1 rbytes=4 wbytes=6 rios=1 wios=1 dbytes=9 dios=9\n";
    private const string Pressure = "some avg10=0.00 avg60=0.00 avg300=0.00 total=45497\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=44233\n";

    [Theory]
    [InlineData("123\n", 123L)]
    [InlineData("9223372036854775807\n", long.MaxValue)]
    [InlineData("9223372036854775808\n", null)]
    [InlineData("18446744073709551615\n", null)]
    [InlineData("-1\n", null)]
    [InlineData("max\n", null)]
    [InlineData("1 2\n", null)]
    [InlineData("\n", null)]
    [InlineData("", null)]
    public void A_single_number(string text, long? value) => Assert.Equal(value, CounterText.Number(text));

    [Theory]
    [InlineData(Pressure, "some", 45497L)]
    [InlineData(Pressure, "full", 44233L)]
    [InlineData("some avg10=0.00\n", "some", null)]
    [InlineData("some avg10=0.00 total=x\n", "some", null)]
    [InlineData("some total=5\n", "full", null)]
    [InlineData("somewhat total=5\n", "some", null)]
    [InlineData("", "some", null)]
    public void Pressure_files(string text, string line, long? value) => Assert.Equal(value, CounterText.Pressure(text, line));

    [Theory]
    [InlineData(Io, "rbytes", 4100L)]
    [InlineData(Io, "wios", 3L)]
    [InlineData("", "rbytes", 0L)]
    [InlineData("8:0 \n", "rbytes", 0L)]
    [InlineData("8:0 rbytes=9223372036854775807\n8:1 rbytes=1\n", "rbytes", null)]
    [InlineData("8:0 rbytes=99999999999999999999\n", "rbytes", null)]
    [InlineData("8:0 wbytes=1\n", "rbytes", null)]
    [InlineData("rubbish\n", "rbytes", null)]
    public void Sums_over_devices(string text, string key, long? value) => Assert.Equal(value, CounterText.Sum(text, key));

    [Fact]
    public void Figures_of_a_leaf_in_v2()
    {
        Dictionary<UsageFigure, long> figures = Read(
            (CounterKind.CpuStat, "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 9\nnr_throttled 4\nthrottled_usec 77\n"),
            (CounterKind.MemoryPeak, "1000\n"),
            (CounterKind.MemoryEvents, "low 0\nhigh 0\nmax 6\noom 1\noom_kill 2\noom_group_kill 0\n"),
            (CounterKind.SwapPeak, "12\n"), (CounterKind.PidsPeak, "8\n"), (CounterKind.PidsEvents, "max 3\n"), (CounterKind.IoStat, Io),
            (CounterKind.CpuPressure, Pressure));
        Assert.Equal(
            [(UsageFigure.CpuUser, 3), (UsageFigure.CpuSystem, 2), (UsageFigure.CpuThrottledPeriods, 4), (UsageFigure.CpuThrottled, 77),
                (UsageFigure.MemoryPeak, 1000), (UsageFigure.MemorySwapPeak, 12), (UsageFigure.MemoryLimitHits, 6), (UsageFigure.OutOfMemoryKills, 2),
                (UsageFigure.ProcessesPeak, 8), (UsageFigure.ProcessLimitHits, 3), (UsageFigure.IoRead, 4100), (UsageFigure.IoWritten, 1030),
                (UsageFigure.IoReads, 2), (UsageFigure.IoWrites, 3), (UsageFigure.CpuPressureSome, 45497), (UsageFigure.CpuPressureFull, 44233)],
            figures.Select(f => (f.Key, f.Value)).OrderBy(f => f.Key));
    }

    [Fact]
    public void Figures_of_a_leaf_in_v1()
    {
        Dictionary<UsageFigure, long> figures = Read(
            (CounterKind.CpuStat, "usage_usec 5\nuser_usec 3\nsystem_usec 2\n"),
            (CounterKind.V1CpuStat, "nr_periods 9\nnr_throttled 4\nthrottled_time 77000\n"),
            (CounterKind.V1MemoryPeak, "1000\n"), (CounterKind.V1MemoryFailures, "2\n"), (CounterKind.V1MemoryAndSwapFailures, "4\n"), (CounterKind.V1MemoryAndSwapPeak, "1100\n"),
            (CounterKind.V1OutOfMemory, "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"), (CounterKind.V1PidsPeak, "8\n"), (CounterKind.V1PidsEvents, "max 3\n"));
        Assert.Equal(
            [(UsageFigure.CpuUser, 3), (UsageFigure.CpuSystem, 2), (UsageFigure.CpuThrottledPeriods, 4), (UsageFigure.CpuThrottled, 77),
                (UsageFigure.MemoryPeak, 1000), (UsageFigure.MemoryAndSwapPeak, 1100), (UsageFigure.MemoryLimitHits, 6), (UsageFigure.OutOfMemoryKills, 2),
                (UsageFigure.ProcessesPeak, 8), (UsageFigure.ProcessLimitHits, 3)],
            figures.Select(f => (f.Key, f.Value)).OrderBy(f => f.Key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0")]
    [InlineData("max -1\noom_kill 99999999999999999999\ntotal=\n=\n")]
    public void Rubbish_in_every_counter_gives_no_figure(string rubbish)
    {
        Dictionary<UsageFigure, long> figures = UsageReading.Of(kind => kind == CounterKind.IoStat ? null : rubbish);
        Assert.NotEmpty(figures);
        Assert.All(figures, f => Assert.Equal(UsageFigures.Unreadable, f.Value));
        Assert.Equal(MemoryLimit.Unknown, UsageReading.LimitOf(_ => rubbish, 0));
        MemorySamples samples = new();
        samples.Take(_ => rubbish, 0);
        samples.AddTo(figures);
        Assert.DoesNotContain(UsageFigure.MemoryAnonSampled, figures.Keys);
    }

    [Fact]
    public void Random_bytes_are_read_without_harm()
    {
        Random random = new(7);
        char[] letters = "0123456789 =:\nmaxtotlsomeuser_usec".ToCharArray();
        for (int i = 0; i < 5000; i++)
        {
            string text = new(random.GetItems(letters, random.Next(60)));
            Assert.All(UsageReading.Of(_ => text).Values, v => Assert.True(v >= 0 || v == UsageFigures.Unreadable));
            new MemorySamples().Take(_ => text, i);
        }
    }

    [Fact]
    public void What_is_not_there_is_told_with_its_source()
    {
        ResourceUsage usage = ResourceUsage.Of([((byte)UsageFigure.CpuUser, 7), ((byte)UsageFigure.MemoryPeak, -2), (200, 5)]);
        Assert.Equal(new Figure.Measured(7), usage[UsageFigure.CpuUser]);
        Assert.Equal(new Figure.NotAvailable("unreadable: memory.peak (Linux 5.19)"), usage[UsageFigure.MemoryPeak]);
        Assert.Equal(new Figure.NotAvailable("no counter here: io.stat of v2; v1 counts no buffered write"), usage[UsageFigure.IoWritten]);
        Assert.Equal(Enum.GetValues<UsageFigure>().Order(), UsageFigures.All.Select(f => f.Figure).Order());
        Assert.All(UsageFigures.All, f => Assert.InRange(UsageFigures.Of(f.Figure, null) is Figure.NotAvailable none ? none.Why.Length : 0, 1, 64));
    }

    [Fact]
    public void Samples_keep_the_most_and_an_average_over_time()
    {
        MemorySamples samples = new();
        samples.Take(V1(10, 100, 5, 1), 0);
        samples.Take(V1(40, 20, 5, 0), 1_000_000);
        samples.Take(V1(0, 0, 0, 0), 4_000_000);
        Dictionary<UsageFigure, long> figures = [];
        samples.AddTo(figures);
        Assert.Equal((40, 100, 1, 45), (figures[UsageFigure.MemoryAnonSampled], figures[UsageFigure.MemoryFileSampled],
            figures[UsageFigure.MemorySwapSampled], figures[UsageFigure.MemoryMappedSampled]));
        Assert.Equal((15 + (45 * 3)) / 4, figures[UsageFigure.MemoryMappedSampledAverage]);

        static Func<CounterKind, string?> V1(int rss, int cache, int mapped, int swap)
            => kind => kind == CounterKind.V1MemoryStat ? $"cache {cache}\nrss {rss}\nmapped_file {mapped}\nswap {swap}\n" : null;
    }

    [Theory]
    [InlineData("oom 1\n", null, 5L, MemoryLimit.Payload)]
    [InlineData("oom 0\n", "oom 6\n", 5L, MemoryLimit.Job)]
    [InlineData("oom 0\n", "oom 5\n", 5L, MemoryLimit.Unknown)]
    [InlineData("oom 0\n", "oom 6\n", null, MemoryLimit.Unknown)]
    [InlineData("", "oom 6\n", 5L, MemoryLimit.Unknown)]
    public void Whose_limit_the_counters_say(string leaf, string? parent, long? before, MemoryLimit limit)
        => Assert.Equal(limit, UsageReading.LimitOf(kind => kind switch { CounterKind.MemoryEvents => leaf, CounterKind.ParentMemoryEvents => parent, _ => null }, before));

    [Fact]
    public void A_limit_of_memory_and_swap_that_was_reached_uncounted_is_told_as_reached_and_never_as_no_hit()
    {
        string? Text(CounterKind kind) => kind switch
        {
            CounterKind.V1MemoryFailures or CounterKind.V1MemoryAndSwapFailures => "0\n",
            CounterKind.V1MemoryAndSwapPeak or CounterKind.V1MemoryAndSwapLimit => "99999744\n",
            _ => null,
        };
        Assert.Equal(MemoryLimit.Payload, UsageReading.LimitOf(Text, 0));
        Assert.Equal(UsageFigures.Unreadable, UsageReading.Of(Text)[UsageFigure.MemoryLimitHits]);
    }

    private static Dictionary<UsageFigure, long> Read(params (CounterKind Kind, string Text)[] counters)
        => UsageReading.Of(kind => Array.Find(counters, c => c.Kind == kind).Text);
}
