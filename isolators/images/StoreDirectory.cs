using System.Text;
using Isolation.Linux;

namespace Isolation.Images;

/// <summary>
/// STATE/images, root's alone: a directory DIGEST for each image, with its tree and a note; and what is being unpacked or removed, which is nobody's once the warden is
/// another.
/// </summary>
internal sealed class StoreDirectory
{
    private const string Unpacking = "unpacking-", Removing = "removing-", Note = "entry.json", NewNote = "entry.json.new", Output = "to";
    private const int MostNote = 64 << 10;
    private static readonly byte[] s_tree = "tree"u8.ToArray();
    private static readonly TimeSpan RemovalTime = TimeSpan.FromMinutes(10);
    private readonly string _path;
    private readonly Descriptor _directory;
    private readonly TimeProvider _clock;

    private StoreDirectory(string path, Descriptor directory, TimeProvider clock) => (_path, _directory, _clock) = (path, directory, clock);

    /// <summary>It is there: something has been unpacked on this host.</summary>
    internal static bool IsThere(string state) => Directory.Exists($"{state}/images");

    /// <summary>Opens it, made where it is not there.</summary>
    /// <param name="state">The state directory.</param>
    /// <param name="clock">The clock.</param>
    /// <exception cref="SyscallException">It cannot be made, or is not root's.</exception>
    internal static StoreDirectory Open(string state, TimeProvider clock)
    {
        string path = $"{state}/images";
        Sys.OwnDirectory(path, 0x1c0, 0, 0);
        return new StoreDirectory(path, Sys.Open(null, path, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW), clock);
    }

    /// <summary>The digests of the images that are there.</summary>
    internal IEnumerable<string> Digests => Names().Where(IsDigest);

    /// <summary>What nobody is at work on any more.</summary>
    internal IEnumerable<string> Strays => Names().Where(name => name.StartsWith(Unpacking, StringComparison.Ordinal) || name.StartsWith(Removing, StringComparison.Ordinal));

    /// <summary>The note beside an image; null where it is not there, or no note.</summary>
    internal StoreEntry? NoteOf(string digest)
    {
        using Descriptor? entry = TryOpen(digest);
        using Descriptor? file = entry is null ? null : Sys.TryOpen(entry, Encoding.ASCII.GetBytes(Note), Sys.O_RDONLY | Sys.O_NOFOLLOW, 0, out _);
        if (file is null)
            return null;
        byte[] text = new byte[MostNote];
        int length = 0;
        while (length < text.Length && Sys.Read(file, text.AsSpan(length)) is int count and > 0)
            length += count;
        return StoreEntry.TryRead(text.AsSpan(0, length));
    }

    /// <summary>The note beside an image, made anew where it was lost; null where there is no image.</summary>
    internal StoreEntry? Known(string digest)
    {
        if (NoteOf(digest) is StoreEntry note)
            return note;
        using Descriptor? tree = TryOpenTree(digest);
        if (tree is null)
            return null;
        note = new StoreEntry(TreeSize.Of(tree, long.MaxValue, long.MaxValue).Bytes, []);
        SetNote(digest, note);
        return note;
    }

    /// <summary>Puts a note beside an image.</summary>
    internal void SetNote(string digest, StoreEntry note)
    {
        using Descriptor? entry = TryOpen(digest);
        if (entry is not null)
            Write(entry, note);
    }

    /// <summary>When somebody last had an image.</summary>
    internal DateTimeOffset UsedAt(string digest) => Directory.GetLastWriteTimeUtc($"{_path}/{digest}");

    /// <summary>Somebody has it now.</summary>
    internal void Touch(string digest) => Directory.SetLastWriteTimeUtc($"{_path}/{digest}", _clock.GetUtcNow().UtcDateTime);

    /// <summary>An image's tree as a mount attached nowhere; null where there is none.</summary>
    internal Descriptor? TryMount(string digest)
    {
        using Descriptor? tree = TryOpenTree(digest);
        return tree is null ? null : Sys.CloneTree(tree, $"{_path}/{digest}");
    }

    /// <summary>A new directory to unpack in.</summary>
    /// <param name="account">Whose what is in it will be.</param>
    internal UnpackingDirectory Begin(uint account)
    {
        string name = $"{Unpacking}{Guid.NewGuid():N}";
        Sys.MakeDirectoryAt(_directory, Encoding.ASCII.GetBytes(name), 0x1c0);
        Descriptor directory = Sys.Open(_directory, name, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW);
        Sys.MakeDirectoryAt(directory, Encoding.ASCII.GetBytes(Output), 0x1c0);
        Descriptor output = Sys.Open(directory, Output, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW);
        Sys.SetOwner(output, account, account, Output);
        return new UnpackingDirectory(name, directory, output);
    }

    /// <summary>Leaves no more of what was unpacked than an image is, on disk. Nobody may be writing there any more.</summary>
    /// <param name="unpacked">Where it was unpacked.</param>
    /// <param name="tree">Its tree, below the directory that was written in.</param>
    /// <param name="note">The note beside it.</param>
    internal void Finish(UnpackingDirectory unpacked, string tree, StoreEntry note)
    {
        int slash = tree.LastIndexOf('/');
        using (Descriptor above = Sys.TryOpenBeneath(unpacked.Output, Encoding.ASCII.GetBytes(tree[..slash]), Sys.O_PATH | Sys.O_DIRECTORY, 0, out int errno)
            ?? throw new SyscallException("open", tree, errno))
        {
            Sys.RenameAt(above, Encoding.ASCII.GetBytes(tree[(slash + 1)..]), unpacked.Directory, s_tree);
        }

        Write(unpacked.Directory, note);
        if (TreeRemoval.RemoveContent(unpacked.Output, _clock.GetUtcNow() + RemovalTime, _clock) is string left)
            throw new IOException(left);
        _ = Sys.TryUnlink(unpacked.Directory, Encoding.ASCII.GetBytes(Output), isDirectory: true, out _);
        Sys.SyncFileSystem(_directory, _path); // a machine that goes down leaves all of it or nothing
    }

    /// <summary>Gives what is finished its name.</summary>
    internal void Keep(UnpackingDirectory unpacked, string digest) => Sys.RenameAt(_directory, Encoding.ASCII.GetBytes(unpacked.Name), _directory, Encoding.ASCII.GetBytes(digest));

    /// <summary>Takes an image away: no more is to be found, and what is left is removed.</summary>
    /// <returns>The name under which it is now; <see cref="Remove"/> does the rest.</returns>
    internal string TakeAway(string digest)
    {
        string name = $"{Removing}{Guid.NewGuid():N}";
        Sys.RenameAt(_directory, Encoding.ASCII.GetBytes(digest), _directory, Encoding.ASCII.GetBytes(name));
        return name;
    }

    /// <summary>Removes what is no image any more.</summary>
    /// <returns>What could not be removed, or null.</returns>
    internal string? Remove(string name)
    {
        using Descriptor? directory = TryOpen(name);
        if (directory is null)
            return null;
        return TreeRemoval.RemoveContent(directory, _clock.GetUtcNow() + RemovalTime, _clock) is string left ? $"{_path}/{name}: {left}"
            : Sys.TryUnlink(_directory, Encoding.ASCII.GetBytes(name), isDirectory: true, out int errno) ? null : $"{_path}/{name}: {ErrnoText.Of(errno)}";
    }

    private static bool IsDigest(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigitLower);

    private static void Write(Descriptor entry, StoreEntry note)
    {
        using (Descriptor file = Sys.Open(entry, NewNote, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_TRUNC | Sys.O_NOFOLLOW, 0x180))
            Sys.WriteAll(file, note.ToJson());
        Sys.RenameAt(entry, Encoding.ASCII.GetBytes(NewNote), entry, Encoding.ASCII.GetBytes(Note));
    }

    private Descriptor? TryOpenTree(string digest)
    {
        using Descriptor? entry = TryOpen(digest);
        return entry is null ? null : Sys.TryOpen(entry, s_tree, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out _);
    }

    private Descriptor? TryOpen(string name) => Sys.TryOpen(_directory, Encoding.ASCII.GetBytes(name), Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out _);

    private IEnumerable<string> Names() => Directory.EnumerateDirectories(_path).Select(path => Path.GetFileName(path)!);
}

/// <summary>A directory in which an image is unpacked.</summary>
/// <param name="Name">Its name in the store.</param>
/// <param name="Directory">It: root's alone.</param>
/// <param name="Output">The one in it that is written in.</param>
internal sealed record UnpackingDirectory(string Name, Descriptor Directory, Descriptor Output) : IDisposable
{
    public void Dispose()
    {
        Output.Dispose();
        Directory.Dispose();
    }
}
