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
            SwapBytes = values.Size(reader.Optional("swap"), mayBeNone: true),
            Processes = values.Count(reader.Optional("pids"), LimitBounds.MostProcesses),
            CpuWeight = values.Count(reader.Optional("cpu-weight"), LimitBounds.MostWeight),
            MilliCpus = MilliCpus(reader.Optional("cpus")),
            IoWeight = values.Count(reader.Optional("io-weight"), LimitBounds.MostWeight),
            OpenFiles = values.Count(reader.Optional("files"), LimitBounds.MostFiles),
            ScratchBytes = values.Size(reader.Optional("scratch"), mayBeNone: false),
            ScratchFiles = values.Count(reader.Optional("scratch-files"), LimitBounds.MostScratchFiles),
        };
        reader.Done();
        return limits;
    }

    private long? Memory(Node? node)
    {
        long? bytes = values.Size(node, mayBeNone: false);
        if (bytes < LimitBounds.LeastMemory)
            findings.Fault(node!, $"in {((Node.Scalar)node!).Value} of memory no program starts", "Write at least 1MiB.");
        return bytes;
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

    [GeneratedRegex(@"^[0-9]{1,5}(\.[0-9]{1,3})?\z")]
    private static partial Regex CpusText();
}
