using System.Text;

namespace Isolation.Cli;

/// <summary>The values of <c>--limit KIND=N</c>. Their form is checked here; their bounds are the service's business.</summary>
internal static class LimitOptions
{
    /// <summary>Every kind as it is written, for help and faults.</summary>
    public const string Forms = "wall=10m, memory=4GiB, swap=0, pids=100, cpus=1.5, cpu-weight=50, io-weight=50, files=1024, scratch=1GiB or scratch-files=10000";

    /// <summary>The protocol's members and their values; a kind is taken once.</summary>
    public static List<(string Member, long Value)> Read(IEnumerable<ReadOnlyMemory<byte>> given, List<string> faults)
    {
        List<(string Member, long Value)> limits = [];
        foreach (ReadOnlyMemory<byte> one in given)
        {
            int equals = one.Span.IndexOf((byte)'=');
            ReadOnlySpan<byte> value = one.Span[(equals + 1)..];
            long number = 0;
            (string? member, bool valid) = Encoding.UTF8.GetString(one.Span[..Math.Max(equals, 0)]) switch
            {
                "wall" => ("wallMilliseconds", DurationText.TryParse(value, out number)),
                "memory" => ("memoryBytes", SizeText.TryParse(value, out number) && number > 0),
                "swap" => ("swapBytes", SizeText.TryParse(value, out number)),
                "pids" => ("processes", IsCount(value, out number)),
                "cpu-weight" => ("cpuWeight", IsCount(value, out number)),
                "cpus" => ("milliCpus", CpusText.TryParse(value, out number)),
                "io-weight" => ("ioWeight", IsCount(value, out number)),
                "files" => ("openFiles", IsCount(value, out number)),
                "scratch" => ("scratchBytes", SizeText.TryParse(value, out number) && number > 0),
                "scratch-files" => ("scratchFiles", IsCount(value, out number)),
                _ => (null, false),
            };
            if (member is null || !valid)
                faults.Add($"--limit {Printable.Of(one.Span)} is no limit. Fix: write {Forms}.");
            else if (limits.Exists(l => l.Member == member))
                faults.Add($"--limit {Printable.Of(one.Span[..equals])} is given twice. Fix: give each kind once.");
            else
                limits.Add((member, number));
        }

        return limits;
    }

    private static bool IsCount(ReadOnlySpan<byte> text, out long number) => WholeNumber.TryParse(text, out number) && number > 0;
}
