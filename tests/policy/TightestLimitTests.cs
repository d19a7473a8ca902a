using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Promise: of rule, class and request the tightest limit holds, each kind for itself, and none that one of them sets is lost.</summary>
public sealed class TightestLimitTests
{
    /// <summary>Every kind that a file and a request can set: its key, its value in the file, and itself among the limits.</summary>
    private static readonly (string Key, Func<long, string> Text, Func<Limits, long, Limits> Set, Func<Limits, long?> Get)[] Kinds =
    [
        ("wall", v => $"{v}s", (l, v) => l with { Wall = TimeSpan.FromSeconds(v) }, l => (long?)l.Wall?.TotalSeconds),
        ("memory", v => $"{v}MiB", (l, v) => l with { MemoryBytes = v << 20 }, l => l.MemoryBytes >> 20),
        ("swap", v => v == 1 ? "0" : $"{v - 1}KiB", (l, v) => l with { SwapBytes = (v - 1) << 10 }, l => (l.SwapBytes >> 10) + 1),
        ("pids", Number, (l, v) => l with { Processes = v }, l => l.Processes),
        ("cpu-weight", Number, (l, v) => l with { CpuWeight = v }, l => l.CpuWeight),
        ("cpus", v => (v / 1000m).ToString("0.###", CultureInfo.InvariantCulture), (l, v) => l with { MilliCpus = v }, l => l.MilliCpus),
        ("io-weight", Number, (l, v) => l with { IoWeight = v }, l => l.IoWeight),
        ("files", Number, (l, v) => l with { OpenFiles = v }, l => l.OpenFiles),
        ("scratch-files", Number, (l, v) => l with { ScratchFiles = v }, l => l.ScratchFiles),
    ];

    [Fact]
    public void The_tightest_of_rule_class_and_request_holds_for_every_kind()
        => Prop.ForAll(Sets(), sets =>
        {
            Decision.Admit admit = Admit(sets[0], sets[1], sets[2]);
            for (int kind = 0; kind < Kinds.Length; kind++)
            {
                long?[] values = [.. sets.Select(s => s[kind]).Where(v => v is not null)];
                Assert.Equal(values.Length == 0 ? null : values.Min(), Kinds[kind].Get(admit.Limits));
            }

            Assert.Null(admit.Limits.ScratchBytes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void It_matters_not_who_of_the_three_says_it()
        => Prop.ForAll(Sets(), sets => Admit(sets[0], sets[1], sets[2]).Limits == Admit(sets[2], sets[0], sets[1]).Limits)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Fact]
    public void No_kind_of_limit_is_missing_here()
    {
        Limits all = Kinds.Aggregate(Limits.None, (limits, kind) => kind.Set(limits, 7)) with { ScratchBytes = 1 };
        Assert.Equal(Enum.GetValues<LimitKinds>().Aggregate(LimitKinds.None, (set, kind) => set | kind), all.Kinds);
    }

    // Three sets of values, null where a kind is not set; the values are near each other, so that equal ones come up too.
    private static Arbitrary<long?[][]> Sets()
    {
        Gen<long?> value = Gen.Frequency((1, Gen.Constant<long?>(null)), (2, Gen.Choose(1, 20).Select(v => (long?)v)), (1, Gen.Choose(1, 10_000).Select(v => (long?)v)));
        return value.ArrayOf(Kinds.Length).ArrayOf(3).ToArbitrary();
    }

    private static Decision.Admit Admit(long?[] rule, long?[] pilots, long?[] request)
    {
        string text = Files.With(("match: {}", $"match: {{}}\n    limits: {{ {Written(rule)} }}"), ("claims: trusted", $"limits: {{ {Written(pilots)} }}"));
        Limits asked = Kinds.Zip(request).Aggregate(Limits.None, (limits, kind) => kind.Second is long value ? kind.First.Set(limits, value) : limits);
        return Assert.IsType<Decision.Admit>(Asks.Decide(text, Asks.Of(limits: asked)));
    }

    private static string Written(long?[] values)
        => string.Join(", ", Kinds.Zip(values).Where(k => k.Second is not null).Select(k => $"{k.First.Key}: {k.First.Text(k.Second!.Value)}"));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
