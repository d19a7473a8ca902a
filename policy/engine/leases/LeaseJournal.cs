using System.Text.Json;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>
/// The file behind the leases: one JSON object a line, only ever appended to, rewritten as a whole when it is opened and when it
/// has grown. Owns its stream. The stream is locked, so that a second service on the same directory fails at once.
/// </summary>
internal sealed class LeaseJournal : IDisposable
{
    internal const string FileName = "leases.ndjson";

    private readonly Action<Stream> _toDisk;
    private Stream _stream;

    internal LeaseJournal(Stream stream, Action<Stream> toDisk) => (_stream, _toDisk) = (stream, toDisk);

    /// <summary>Lines appended since the file was last rewritten.</summary>
    public int Appended { get; private set; }

    /// <summary>Makes the table that a directory's journal comes down to; an empty one when there is no file.</summary>
    /// <exception cref="InvalidDataException">A line in the middle of the file is damaged.</exception>
    public static LeaseTable Read(string directory)
    {
        var table = new LeaseTable();
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            return table;
        int number = 0, damaged = 0;
        foreach (ReadOnlyMemory<byte> line in Split(File.ReadAllBytes(path)))
        {
            number++;
            if (damaged == 0)
                damaged = TryApply(line.Span, table) ? 0 : number;
            else if (TryApply(line.Span, table))
                // What a crash tore is at the end; a good line behind a bad one means that somebody or the disk changed the file.
                throw new InvalidDataException(
                    $"{path}: line {damaged} is damaged, and good lines follow. Restore the file, or, when no payload is running, move it away: "
                    + "the accounts of identities and the quarantines are then forgotten.");
        }

        return table;
    }

    /// <summary>Begins the directory's journal anew with <paramref name="lines"/>, which replace what was there in one step.</summary>
    public static LeaseJournal Create(string directory, IEnumerable<JournalLine> lines)
        => new(WriteNew(directory, lines), stream => ((FileStream)stream).Flush(flushToDisk: true));

    /// <summary>
    /// An append has failed. The end of the file may be torn, and after a failed sync nobody knows what is on the disk: it must be
    /// rewritten before the next line.
    /// </summary>
    public bool Suspect { get; private set; }

    /// <summary>Appends lines.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="durable">Wait for the disk. Otherwise the page cache has them: a process that dies loses nothing, and a machine
    /// that goes down takes along the payloads that the lines are about.</param>
    /// <exception cref="IOException">They could not be written: the journal is suspect.</exception>
    public void Append(IReadOnlyCollection<JournalLine> lines, bool durable)
    {
        try
        {
            _stream.Write(Bytes(lines));
            if (durable)
                _toDisk(_stream);
            Appended += lines.Count;
        }
        catch (IOException)
        {
            Suspect = true;
            throw;
        }
    }

    /// <summary>Replaces the whole file.</summary>
    public void Rewrite(string directory, IEnumerable<JournalLine> lines)
    {
        Stream old = _stream;
        _stream = WriteNew(directory, lines);
        (Appended, Suspect) = (0, false);
        old.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static FileStream WriteNew(string directory, IEnumerable<JournalLine> lines)
    {
        string path = Path.Combine(directory, FileName);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var stream = new FileStream(path + ".new", options);
        try
        {
            stream.Write(Bytes(lines));
            stream.Flush(flushToDisk: true);
            CrashPoint.Reach("isolationd: leases: written anew");
            File.Move(path + ".new", path, overwrite: true);
            CrashPoint.Reach("isolationd: leases: renamed");

            // Syncing the file once more after the rename makes its new name durable on ext4, XFS and btrfs. Should the old name
            // come back elsewhere, the old file says the same as the lines just written.
            stream.Flush(flushToDisk: true);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static byte[] Bytes(IEnumerable<JournalLine> lines)
    {
        using MemoryStream bytes = new();
        foreach (JournalLine line in lines)
        {
            JsonSerializer.Serialize(bytes, line, JournalJson.Default.JournalLine);
            bytes.WriteByte((byte)'\n');
        }

        return bytes.ToArray();
    }

    /// <summary>The lines; what follows the last end of line was torn by a crash and is left out.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Split(byte[] bytes)
    {
        for (int start = 0; start < bytes.Length;)
        {
            int end = Array.IndexOf(bytes, (byte)'\n', start);
            if (end < 0)
                yield break;
            yield return bytes.AsMemory(start, end - start);
            start = end + 1;
        }
    }

    private static bool TryApply(ReadOnlySpan<byte> line, LeaseTable table)
    {
        try
        {
            if (JsonSerializer.Deserialize(line, JournalJson.Default.JournalLine) is not JournalLine read)
                return false;
            table.Apply(read);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            return false;
        }
    }
}
