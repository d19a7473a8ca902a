using System.Globalization;
using System.Text;
using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>
/// Where one fetched file goes: copied beside it under another name and then renamed, so that there is the old file, or none, or the whole new one.
/// It must be a regular file or none yet.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private readonly Descriptor _directory;
    private readonly byte[] _file;
    private readonly byte[] _newFile;

    private OutputFile(OutputSpec spec, Descriptor directory, byte[] file, byte[] newFile)
        => (Spec, _directory, _file, _newFile) = (spec, directory, file, newFile);

    /// <summary>What was asked for.</summary>
    public OutputSpec Spec { get; }

    /// <summary>How many bytes were fetched.</summary>
    public long Bytes { get; private set; }

    /// <summary>Opens the directory and tries to write there; null with a fault.</summary>
    public static OutputFile? Open(OutputSpec spec, int number, ICollection<string> faults)
    {
        string shown = Printable.Of(spec.File);
        int slash = spec.File.AsSpan().LastIndexOf((byte)'/');
        byte[] file = spec.File[(slash + 1)..];
        if (file.Length == 0 || Sys.TryOpen(null, slash < 0 ? "."u8 : spec.File.AsSpan(0, slash + 1), Sys.O_RDONLY | Sys.O_DIRECTORY, 0, out int errno) is not { } directory)
        {
            faults.Add($"--out: {shown} names no file in a directory that is there. Fix: name one.");
            return null;
        }

        OutputFile output = new(spec, directory, file, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $".isolation-out-{Environment.ProcessId}-{number}")));
        if (Sys.TryStatusAt(directory, file, out _) is { Kind: not FileKind.Regular })
        {
            faults.Add($"--out: {shown} is there and no regular file. Fix: name a file, or one that does not exist.");
        }
        else if (output.Create(0x180, out errno) is { } trial)
        {
            trial.Dispose();
            output.Abandon();
            return output;
        }
        else
        {
            faults.Add($"--out: {shown} cannot be made: {ErrnoText.Of(errno)}. Fix: name a file in a directory where you can write.");
        }

        output.Dispose();
        return null;
    }

    /// <summary>Fetches it.</summary>
    /// <returns>Null, or why not.</returns>
    public string? Fetch(IScratch scratch, Func<bool> isGivenUp)
    {
        int errno = scratch.TryFind(Spec.Name, out uint mode, out long length);
        if (errno != 0)
            return errno is Errno.EINVAL or Errno.EISDIR or Errno.ELOOP ? "it is no regular file, or lies behind a link" : ErrnoText.Of(errno);
        using Descriptor? target = Create(mode | 0x180, out errno);
        if (target is null)
        {
            scratch.Leave();
            return $"{Printable.Of(Spec.File)} cannot be made: {ErrnoText.Of(errno)}";
        }

        errno = scratch.TryTake(target, isGivenUp);
        if (errno != 0)
        {
            Abandon();
            return errno == Errno.EINTR ? "a signal ended the fetching" : $"copying failed: {ErrnoText.Of(errno)}";
        }

        try
        {
            Sys.RenameAt(_directory, _newFile, _directory, _file);
            Bytes = length;
            return null;
        }
        catch (SyscallException e)
        {
            Abandon();
            return $"{Printable.Of(Spec.File)} cannot be replaced: {ErrnoText.Of(e.Errno)}";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private void Abandon() => _ = Sys.TryUnlink(_directory, _newFile, isDirectory: false, out _);

    private Descriptor? Create(uint mode, out int errno)
    {
        Abandon();
        return Sys.TryOpen(_directory, _newFile, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_EXCL | Sys.O_NOFOLLOW, mode, out errno);
    }
}
