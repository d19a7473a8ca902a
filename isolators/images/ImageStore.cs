using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Images;

/// <summary>An image of the store. As long as this is held, or the ticket of a room names it, the image stays.</summary>
/// <param name="Digest">The digest of its manifest: hexadecimal, SHA-256.</param>
/// <param name="Tree">Its tree, attached nowhere; whoever attaches it disposes it.</param>
/// <param name="Release">Lets it go.</param>
public sealed record StoredImage(string Digest, Descriptor Tree, Action Release) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Tree.Dispose();
        Release();
    }
}

/// <summary>
/// Images that were unpacked: each once, however many ask for it, and by whatever name. They go when nobody has asked for them for a while, or the oldest first when all of
/// them take too much; never while a room shows them.
/// </summary>
/// <param name="host">Where cells live.</param>
/// <param name="log">The warden's log.</param>
public sealed class ImageStore(CellHost host, Action<string> log)
{
    private const int AtOnce = 2;
    private const int Tries = 3;
    private static readonly SemaphoreSlim s_unpacking = new(AtOnce); // of the warden: there is one store
    private readonly Lock _turn = new();
    private readonly ImageLookups _lookups = new(host.Clock);
    private readonly Dictionary<string, int> _held = [];
    private readonly Dictionary<string, string> _bySource = [];
    private readonly Dictionary<string, Task<string>> _underWay = [];
    private StoreDirectory? _directory;
    private string[] _strays = [];

    /// <summary>Finds a packed image in the store, or unpacks it.</summary>
    /// <param name="source">The image, and whose rights it is read with.</param>
    /// <param name="room">Where it is read.</param>
    /// <param name="limits">How much it may take.</param>
    /// <exception cref="UnusableImageException">It cannot be shown, and why.</exception>
    /// <exception cref="IOException">The store cannot: a program or space is missing, a file system does not answer.</exception>
    /// <exception cref="SyscallException">The kernel refuses a step.</exception>
    public async Task<StoredImage> HoldAsync(ImageSource source, UnpackingRoom room, StoreLimits limits)
    {
        Unpacking unpacking = new(ImageTools.OfHost(), new UnpackingChild(room, limits, host.Clock), room, limits);
        string identity;
        using (_lookups.Begin(source.Image))
            identity = await unpacking.IdentifyAsync(source).ConfigureAwait(false);
        for (int i = 0; i < Tries; i++)
        {
            Task<string> digest;
            lock (_turn)
            {
                StoreDirectory directory = Opened();
                if (_bySource.TryGetValue(identity, out string? known) && TryHold(directory, known) is StoredImage held)
                    return held;
                if (!_underWay.TryGetValue(identity, out digest!))
                    _underWay.Add(identity, digest = UnpackAsync(directory, identity, source, unpacking, room.Account, limits));
            }

            _ = await digest.ConfigureAwait(false);
        }

        throw new IOException($"{source.Image.Name} was removed each time as soon as it was unpacked: there is less room for images than rooms need");
    }

    /// <summary>Removes what nobody has asked for in a while, and of the rest the oldest, until it is no more than it may be.</summary>
    /// <param name="limits">How much there may be.</param>
    public void Collect(StoreLimits limits)
    {
        if (!StoreDirectory.IsThere(host.State))
            return;
        List<string> removed = [];
        StoreDirectory directory;
        lock (_turn)
        {
            directory = Opened();
            (string[] strays, _strays) = (_strays, []);
            removed.AddRange(strays);
            HashSet<string>? shown = HeldByRooms();
            var each = directory.Digests.Select(digest => (Digest: digest, directory.NoteOf(digest)?.Bytes, UsedAt: directory.UsedAt(digest))).OrderBy(image => image.UsedAt).ToArray();
            long all = each.Sum(image => image.Bytes ?? 0);
            foreach ((string digest, long? bytes, DateTimeOffset used) in each)
            {
                bool isOld = bytes is null || host.Clock.GetUtcNow() - used > limits.Unused;
                if ((!isOld && all <= limits.Bytes) || _held.ContainsKey(digest) || shown?.Contains(digest) != false) // a ticket that nobody can read may name any of them
                    continue;
                removed.Add(directory.TakeAway(digest));
                all -= bytes ?? 0;
                foreach (string source in _bySource.Where(known => known.Value == digest).Select(known => known.Key).ToArray())
                    _bySource.Remove(source);
                log($"the image sha256:{digest} is removed: {(isOld ? "nobody has asked for it lately" : $"images take more than {limits.Bytes} bytes")}");
            }
        }

        foreach (string name in removed)
            Remove(directory, name);
    }

    private async Task<string> UnpackAsync(StoreDirectory directory, string identity, ImageSource source, Unpacking unpacking, uint account, StoreLimits limits)
    {
        await Task.Yield(); // the caller holds the lock
        await s_unpacking.WaitAsync().ConfigureAwait(false);
        try
        {
            string digest = await UnpackAsync(directory, source, unpacking, account).ConfigureAwait(false);
            lock (_turn)
            {
                _bySource[identity] = digest;
                if (directory.NoteOf(digest) is StoreEntry note)
                    directory.SetNote(digest, note.With(identity));
                directory.Touch(digest);
                _held[digest] = _held.GetValueOrDefault(digest) + 1; // until it was looked who is to go
            }

            try
            {
                Collect(limits);
            }
            finally
            {
                // Nobody is told before those who wait can have it.
                Release(digest);
            }

            return digest;
        }
        finally
        {
            s_unpacking.Release();
            lock (_turn)
                _underWay.Remove(identity);
        }
    }

    private async Task<string> UnpackAsync(StoreDirectory directory, ImageSource source, Unpacking unpacking, uint account)
    {
        UnpackingDirectory place = directory.Begin(account);
        try
        {
            using (place)
            {
                CrashPoint.Reach("warden: image: place made");
                string digest = await unpacking.CopyAsync(source, place.Output).ConfigureAwait(false);
                if (directory.NoteOf(digest) is not null)
                    return digest; // by another name, or from a file that was written anew
                CrashPoint.Reach("warden: image: copied");
                (string tree, TreeSize size) = await unpacking.UnpackAsync(place.Output).ConfigureAwait(false);
                CrashPoint.Reach("warden: image: unpacked");
                lock (_turn)
                {
                    if (directory.NoteOf(digest) is not null)
                        return digest;
                    directory.Keep(place, tree, digest, new StoreEntry(size.Bytes, []));
                }

                CrashPoint.Reach("warden: image: kept");
                log($"the image {source.Image.Name} is unpacked: sha256:{digest}, {size.Files} files, {size.Bytes} bytes");
                return digest;
            }
        }
        finally
        {
            Remove(directory, place.Name);
        }
    }

    private void Remove(StoreDirectory directory, string name)
    {
        if (directory.Remove(name) is string left)
            log($"{left}. Fix: remove it by hand.");
    }

    // With the lock.
    private StoredImage? TryHold(StoreDirectory directory, string digest)
    {
        if (directory.TryMount(digest) is not Descriptor tree)
            return null;
        directory.Touch(digest);
        _held[digest] = _held.GetValueOrDefault(digest) + 1;
        return new StoredImage(digest, tree, () => Release(digest));
    }

    private void Release(string digest)
    {
        lock (_turn)
        {
            if (--_held[digest] == 0)
                _held.Remove(digest);
        }
    }

    // With the lock. What another warden was at is nobody's, and removed without it.
    private StoreDirectory Opened()
    {
        if (_directory is not null)
            return _directory;
        var directory = StoreDirectory.Open(host.State, host.Clock);
        _strays = [.. directory.Strays];
        foreach (string digest in directory.Digests)
            foreach (string source in directory.NoteOf(digest)?.Sources ?? [])
                _bySource[source] = digest;
        return _directory = directory;
    }

    private HashSet<string>? HeldByRooms()
    {
        HashSet<string> held = [];
        using Descriptor rooms = Sys.Open(host.Rooms, ".", Sys.O_RDONLY | Sys.O_DIRECTORY);
        for (List<byte[]> names = DirectoryNames.ReadSome(rooms); names.Count > 0; names = DirectoryNames.ReadSome(rooms))
        {
            foreach (byte[] name in names)
            {
                if (!TicketFile.TryLook(rooms, name, out CellTicket? ticket))
                    return null;
                if (ticket?.Image is string image)
                    held.Add(image);
            }
        }

        return held;
    }
}
