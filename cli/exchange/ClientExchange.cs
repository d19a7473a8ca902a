using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>
/// The files of <c>--in</c> and <c>--out</c>, read and written with the caller's own rights. What is brought is opened, and what is fetched tried out,
/// before anything is asked.
/// </summary>
internal sealed class ClientExchange : IDisposable
{
    private const int SIGXFSZ = 25;
    private readonly List<(InputSpec Spec, Descriptor File, FileStatus Status)> _inputs = [];
    private readonly List<OutputFile> _outputs = [];
    private readonly List<(long Bytes, string? Why)> _results = [];
    private IScratch? _scratch;

    private ClientExchange() { }

    /// <summary>Opens the files; null when there are none. What cannot be opened is a fault.</summary>
    public static ClientExchange? Open(RunOptions options, ICollection<string> faults)
    {
        if (options.Inputs.Count + options.Outputs.Count == 0)
            return null;
        ClientExchange exchange = new();
        foreach (InputSpec spec in options.Inputs)
            exchange.OpenInput(spec, faults);
        foreach (OutputSpec spec in options.Outputs)
        {
            if (OutputFile.Open(spec, exchange._outputs.Count, faults) is { } output)
                exchange._outputs.Add(output);
        }

        return exchange;
    }

    /// <summary>The member of a request.</summary>
    public void Write(JsonText to)
    {
        to.Raw(",\"exchange\":{\"in\":["u8);
        for (int i = 0; i < _inputs.Count; i++)
            to.Raw(i == 0 ? "{\"name\":"u8 : ",{\"name\":"u8).Base64(_inputs[i].Spec.Name.AsSpan()).Raw(",\"bytes\":"u8).Number(_inputs[i].Status.Size).Raw("}"u8);
        to.Raw("],\"out\":"u8).Base64([.. _outputs.Select(o => (ReadOnlyMemory<byte>)o.Spec.Name)]).Raw("}"u8);
    }

    /// <summary>Copies in what is to be brought.</summary>
    /// <param name="kind">What the descriptor is, in the service's words.</param>
    /// <param name="descriptor">The way into the scratch; taken over.</param>
    /// <returns>Null, or the line that tells why the payload does not start.</returns>
    public string? Bring(string? kind, Descriptor? descriptor)
    {
        _scratch = (kind, descriptor) switch
        {
            ("directory", { } directory) => new DirectoryScratch(directory),
            ("copier", { } socket) => new CopierScratch(socket),
            _ => null,
        };
        if (_scratch is null)
        {
            descriptor?.Dispose();
            return FailureLine.Sentence($"the service gave no way into the payload's scratch (\"{kind}\"); nothing of the payload has run", "Use the client that belongs to the service");
        }

        Sys.BlockSignals(SignalFd.MaskOf(SIGXFSZ), block: true); // a file that outgrows the caller's limit is an error of write
        foreach ((InputSpec spec, Descriptor file, FileStatus status) in _inputs)
        {
            int errno = _scratch.TryPut(spec.Name, (status.Mode & 0x1ff) | 0x100, file, status.Size);
            file.Dispose();
            if (errno != 0)
                return FailureLine.Sentence(
                    $"--in {Printable.Of(spec.File)} could not be copied: {(errno == FileCopy.Shrank ? "it became shorter meanwhile" : ErrnoText.Of(errno))}; nothing of the payload has run",
                    errno is Errno.EDQUOT or Errno.ENOSPC ? "Ask for more with --limit scratch=…, if the site's policy lets you, or bring less" : "Try again with a file that stays as it is");
        }

        return null;
    }

    /// <summary>Fetches what is to be fetched.</summary>
    /// <param name="isGivenUp">Asked now and then: true ends it.</param>
    /// <returns>The frame that tells the service so.</returns>
    public ReadOnlyMemory<byte> Fetch(Func<bool> isGivenUp)
    {
        bool isOver = false;
        bool IsOver() => isOver = isOver || isGivenUp();
        _results.Clear();
        foreach (OutputFile output in _outputs)
        {
            string? why = IsOver() ? "a signal ended the fetching" : output.Fetch(_scratch!, IsOver);
            _results.Add((output.Bytes, why));
        }

        return Requests.Collected(_results);
    }

    /// <summary>A line for each file that was not fetched.</summary>
    /// <param name="whyNone">Why the service did not let any be fetched, or null.</param>
    public IEnumerable<string> Missing(string? whyNone)
    {
        for (int i = 0; i < _outputs.Count; i++)
        {
            if ((i < _results.Count ? _results[i].Why : whyNone ?? "the service did not ask for it") is string why)
                yield return FailureLine.Sentence($"--out {Printable.Of(_outputs[i].Spec.Name)} was not fetched: {why}", null);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scratch?.Dispose();
        foreach ((_, Descriptor file, _) in _inputs)
            file.Dispose();
        foreach (OutputFile output in _outputs)
            output.Dispose();
    }

    private void OpenInput(InputSpec spec, ICollection<string> faults)
    {
        string shown = Printable.Of(spec.File);
        Descriptor? file = Sys.TryOpen(null, spec.File, Sys.O_RDONLY | Sys.O_NONBLOCK | Sys.O_NOCTTY, 0, out int errno);
        if (file is null)
        {
            faults.Add($"--in {shown} cannot be read: {ErrnoText.Of(errno)}. Fix: name a file that you can read.");
            return;
        }

        FileStatus status = Sys.StatusOf(file);
        if (status.Kind == FileKind.Regular)
        {
            _inputs.Add((spec, file, status));
            return;
        }

        file.Dispose();
        faults.Add($"--in {shown} is no regular file. Fix: name one; put a directory into an archive.");
    }
}
