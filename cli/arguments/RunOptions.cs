using System.Text;
using System.Text.Unicode;

namespace Isolation.Cli;

/// <summary>What <c>run</c> and <c>policy explain</c> ask for, checked for form; whether it may be is policy's business.</summary>
internal sealed record RunOptions
{
    /// <summary>The longest single string that execve takes, without its NUL (MAX_ARG_STRLEN).</summary>
    private const int LongestString = (128 << 10) - 1;

    private const int LongestDirectory = 4095;
    private const long UsualUsageInterval = 30_000; // prmon's
    private const long LeastUsageInterval = 1_000;
    private const long LongestUsageInterval = 86_400_000;

    /// <summary>Arguments of the payload; at least one.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Command { get; init; }

    /// <summary>--level.</summary>
    public string? Level { get; init; }

    /// <summary>--claim.</summary>
    public string? Claim { get; init; }

    /// <summary>--image.</summary>
    public string? Image { get; init; }

    /// <summary>--workdir.</summary>
    public ReadOnlyMemory<byte>? WorkingDirectory { get; init; }

    /// <summary>--lend-credentials.</summary>
    public bool LendCredentials { get; init; }

    /// <summary>The working directory, where the caller would lend it.</summary>
    public OwnDirectory? Lending { get; init; }

    /// <summary>--detach.</summary>
    public bool Detach { get; init; }

    /// <summary>--stdin.</summary>
    public ReadOnlyMemory<byte>? StandardInput { get; init; }

    /// <summary>--stdout.</summary>
    public ReadOnlyMemory<byte>? StandardOutput { get; init; }

    /// <summary>--stderr.</summary>
    public ReadOnlyMemory<byte>? StandardError { get; init; }

    /// <summary>--env, as given.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> ExplicitEnvironment { get; init; } = [];

    /// <summary>--tag.</summary>
    public IReadOnlyList<(string Name, string Value)> Tags { get; init; } = [];

    /// <summary>--limit: the protocol's member, and its value.</summary>
    public IReadOnlyList<(string Member, long Value)> Limits { get; init; } = [];

    /// <summary>--in.</summary>
    public IReadOnlyList<InputSpec> Inputs { get; init; } = [];

    /// <summary>--out.</summary>
    public IReadOnlyList<OutputSpec> Outputs { get; init; } = [];

    /// <summary>--status-fd.</summary>
    public int? StatusDescriptor { get; init; }

    /// <summary>--status-file.</summary>
    public ReadOnlyMemory<byte>? StatusFile { get; init; }

    /// <summary>--usage-file.</summary>
    public ReadOnlyMemory<byte>? UsageFile { get; init; }

    /// <summary>--usage-interval.</summary>
    public long UsageIntervalMilliseconds { get; init; }

    /// <summary>Reads the options; what is wrong is added to the line's faults.</summary>
    public static RunOptions From(CommandLine line)
    {
        List<string> faults = line.Faults;
        ReadOnlyMemory<byte>? directory = line.Value("--workdir");
        if (directory is { } path && (path.IsEmpty || path.Span[0] != '/' || path.Length > LongestDirectory))
            faults.Add($"--workdir {Printable.Of(path.Span)} is no absolute path of at most {LongestDirectory} bytes. Fix: begin it with /.");
        if (line.Has("--lend-credentials") && directory is null)
            faults.Add("--lend-credentials says nothing without --workdir. Fix: give both, or none.");
        if (line.Has("--status-fd") && line.Has("--status-file"))
            faults.Add("--status-fd and --status-file exclude each other. Fix: give one.");
        foreach (string option in (ReadOnlySpan<string>)["--stdin", "--stdout", "--stderr"])
        {
            if (line.Has(option) && !line.Has("--detach"))
                faults.Add($"{option} says nothing without --detach: the payload has the caller's own streams. Fix: redirect them (<, >, 2>).");
        }

        foreach (string option in (ReadOnlySpan<string>)["--out", "--usage-file"])
        {
            if (line.Has(option) && line.Has("--detach"))
                faults.Add($"{option} is for the client to write, which with --detach does not wait. Fix: leave out one of them, or lend a directory (--workdir).");
        }

        string? image = line.Text("--image", faults);
        if (line.PayloadCommand.Any(a => a.Length > LongestString))
            faults.Add($"an argument is longer than the {LongestString} bytes that Linux takes. Fix: pass it in a file or on standard input.");
        if (line.PayloadCommand.Count > 0 && line.PayloadCommand[0].IsEmpty)
            faults.Add("the command to run is an empty word. Fix: name a program.");

        return new RunOptions
        {
            Command = line.PayloadCommand,
            Level = line.Text("--level", faults),
            Claim = line.Text("--claim", faults),
            Image = image is { Length: > 1 } ? image.TrimEnd('/') : image,
            WorkingDirectory = directory is { Length: > 1 } named ? named[..(named.Span.LastIndexOfAnyExcept((byte)'/') + 1)] : directory,
            LendCredentials = line.Has("--lend-credentials"),
            Detach = line.Has("--detach"),
            StandardInput = line.Value("--stdin"),
            StandardOutput = line.Value("--stdout"),
            StandardError = line.Value("--stderr"),
            ExplicitEnvironment = [.. line.Values("--env").Where(e => IsEntry(e, faults))],
            Tags = ReadTags(line, faults),
            Limits = LimitOptions.Read(line.Values("--limit"), faults),
            Inputs = ExchangeOptions.ReadInputs(line.Values("--in"), faults),
            Outputs = ExchangeOptions.ReadOutputs(line.Values("--out"), faults),
            StatusDescriptor = (int?)line.Number("--status-fd", 3, int.MaxValue, faults),
            StatusFile = line.Value("--status-file"),
            UsageFile = line.Value("--usage-file"),
            UsageIntervalMilliseconds = ReadUsageInterval(line),
        };
    }

    /// <summary>Those entries of an environment that are one: <c>NAME=value</c>, within what execve takes.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Entries(IReadOnlyList<ReadOnlyMemory<byte>> environment)
        => [.. environment.Where(e => e.Span.IndexOf((byte)'=') > 0 && e.Length <= LongestString)];

    private static long ReadUsageInterval(CommandLine line)
    {
        if (line.Value("--usage-interval") is not { } given)
            return UsualUsageInterval;
        if (DurationText.TryParse(given.Span, out long interval) && interval is >= LeastUsageInterval and <= LongestUsageInterval)
        {
            if (!line.Has("--usage-file"))
                line.Faults.Add("--usage-interval says nothing without --usage-file. Fix: give both, or none.");
            return interval;
        }

        line.Faults.Add($"--usage-interval {Printable.Of(given.Span)} is no duration from 1s to 1d. Fix: write --usage-interval 30s.");
        return UsualUsageInterval;
    }

    private static bool IsEntry(ReadOnlyMemory<byte> entry, List<string> faults)
    {
        if (entry.Span.IndexOf((byte)'=') > 0 && entry.Length <= LongestString)
            return true;
        faults.Add($"--env {Printable.Of(entry.Span)} is not NAME=value. Fix: write --env NAME=value.");
        return false;
    }

    private static List<(string Name, string Value)> ReadTags(CommandLine line, List<string> faults)
    {
        List<(string Name, string Value)> tags = [];
        foreach (ReadOnlyMemory<byte> given in line.Values("--tag"))
        {
            int equals = given.Span.IndexOf((byte)'=');
            if (equals <= 0 || !Utf8.IsValid(given.Span))
            {
                faults.Add($"--tag {Printable.Of(given.Span)} is not KEY=value in UTF-8. Fix: write --tag KEY=value.");
                continue;
            }

            string name = Encoding.UTF8.GetString(given.Span[..equals]);
            if (tags.Exists(t => t.Name == name))
                faults.Add($"--tag {name} is given twice. Fix: give each key once.");
            tags.Add((name, Encoding.UTF8.GetString(given.Span[(equals + 1)..])));
        }

        return tags;
    }
}
