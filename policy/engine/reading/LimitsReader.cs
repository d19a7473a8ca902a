using System.Globalization;
using System.Text.RegularExpressions;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Reads <c>limits</c> of a rule or a class.</summary>
internal sealed partial class LimitsReader(ValueReader values, Findings findings)
{
    public Limits Read(Node? node)
    {
        MapReader reader = MapReader.Of(node, findings, "Write limits: { wall: 24h, memory: 4GiB }.");
        var limits = new Limits
        {
            Wall = values.Duration(reader.Optional("wall"), LimitBounds.LongestWall),
            MemoryBytes = Memory(reader.Optional("memory")),
            SwapBytes = Size(reader.Optional("swap"), mayBeNone: true),
            Processes = values.Count(reader.Optional("pids"), LimitBounds.MostProcesses),
            CpuWeight = values.Count(reader.Optional("cpu-weight"), LimitBounds.MostWeight),
            MilliCpus = MilliCpus(reader.Optional("cpus")),
            IoWeight = values.Count(reader.Optional("io-weight"), LimitBounds.MostWeight),
            OpenFiles = values.Count(reader.Optional("files"), LimitBounds.MostFiles),
            ScratchBytes = Size(reader.Optional("scratch"), mayBeNone: false),
        };
        reader.Done();
        if (LimitsInForce.NotEnforced(limits) is { Length: > 0 } kinds)
            findings.Note(node!,
                $"this version cannot enforce a limit on {string.Join(", ", kinds)}: a payload that meets it gets 'not ready' and is never run without it");
        return limits;
    }

    private long? Memory(Node? node)
    {
        long? bytes = Size(node, mayBeNone: false);
        if (bytes < LimitBounds.LeastMemory)
            findings.Fault(node!, $"in {((Node.Scalar)node!).Value} of memory no program starts", "Write at least 1MiB.");
        return bytes;
    }

    /// <summary>A size in bytes: a whole number and <c>KiB</c>, <c>MiB</c>, <c>GiB</c> or <c>TiB</c>; <c>0</c> where none at all can be meant.</summary>
    private long? Size(Node? node, bool mayBeNone)
    {
        string what = mayBeNone ? "a size such as 512MiB or 4GiB, or 0 for none" : "a size such as 512MiB or 4GiB";
        if (values.Text(node, what) is not string text)
            return null;
        if (mayBeNone && text == "0")
            return 0;
        if (SizeText().Match(text) is { Success: true } match
            && long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            && match.Groups[2].Value switch { "KiB" => 10, "MiB" => 20, "GiB" => 30, _ => 40 } is int unit
            && count > 0 && count <= LimitBounds.MostBytes >> unit)
            return count << unit;
        findings.Fault(node!, $"{Findings.Quote(text)} is not a size",
            $"Write {what}: a whole number greater than 0 and KiB, MiB, GiB or TiB, at most {LimitBounds.MostBytes >> 40}TiB.");
        return null;
    }

    /// <summary>CPU time per time, in thousandths of a CPU: a number with at most three decimals.</summary>
    private long? MilliCpus(Node? node)
    {
        const string What = "a number of CPUs such as 2, 1.5 or 0.25";
        if (values.Text(node, What) is not string text)
            return null;
        if (CpusText().IsMatch(text) && decimal.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * 1000 is decimal thousandths
            and > 0 and <= LimitBounds.MostMilliCpus)
            return (long)thousandths;
        findings.Fault(node!, $"{Findings.Quote(text)} is not a number of CPUs",
            $"Write {What}: greater than 0, at most {LimitBounds.MostMilliCpus / 1000}, with at most three decimals.");
        return null;
    }

    [GeneratedRegex(@"^([0-9]{1,19})(KiB|MiB|GiB|TiB)\z")]
    private static partial Regex SizeText();

    [GeneratedRegex(@"^[0-9]{1,5}(\.[0-9]{1,3})?\z")]
    private static partial Regex CpusText();
}
