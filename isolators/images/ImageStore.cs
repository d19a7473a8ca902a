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
    private const int MostWaiting = 64;
    private static readonly SemaphoreSlim s_unpacking = new(AtOnce); // of the warden: there is one store
    private readonly Lock _turn = new();
    private readonly Dictionary<string, int> _held = [];
    private readonly Dictionary<string, string> _bySource = [];
    private readonly Dictionary<string, Task<StoredImage>> _underWay = [];
    private StoreDirectory? _directory;
    private string[] _strays = [];
    private int _waiting;

    /// <summary>Rooms whose images are being looked for, packed or not.</summary>
    public ImageLookups Lookups { get; } = new(host.Clock);

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
        using (Lookups.Begin(source.Image))
            identity = await unpacking.IdentifyAsync(source).ConfigureAwait(false);
        for (int i = 0; i < Tries; i++)
        {
            Task<StoredImage> unpacked;
            bool isOwn = false;
            lock (_turn)
            {
                StoreDirectory directory = Opened();
                if (_bySource.TryGetValue(identity, out string? known) && TryHold(directory, known) is StoredImage held)
                    return held;
                if (!_underWay.TryGetValue(identity, out unpacked!))
                {
                    if (_waiting >= MostWaiting)
                        throw new IOException($"{source.Image.Name} is not unpacked: {_waiting} others wait for images that are. Ask again later");
                    _underWay.Add(identity, unpacked = UnpackAsync(directory, identity, source, unpacking, room.Account, limits));
                    isOwn = true;
                }

                _waiting++;
            }

            try
            {
                StoredImage image = await unpacked.ConfigureAwait(false);
                if (isOwn)
                    return image;
            }
            catch (UnusableImageException) when (!isOwn && i + 1 < Tries)
            {
                // To whoever asked first; with other rights it may be another matter.
            }
            finally
            {
                lock (_turn)
                    _waiting--;
            }
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
            var each = directory.Digests.Select(digest => (Digest: digest, directory.Known(digest)?.Bytes, UsedAt: directory.UsedAt(digest))).OrderBy(image => image.UsedAt).ToArray();
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

    // For whoever asked first; the others find it then.
    private async Task<StoredImage> UnpackAsync(StoreDirectory directory, string identity, ImageSource source, Unpacking unpacking, uint account, StoreLimits limits)
    {
        await Task.Yield(); // the caller holds the lock
        await s_unpacking.WaitAsync().ConfigureAwait(false);
        try
        {
            StoredImage image = await UnpackAsync(directory, identity, source, unpacking, account).ConfigureAwait(false);
            try
            {
                Collect(limits);
            }
            catch (IOException e)
            {
                log($"unpacked images could not be looked through: {e.Message}");
            }

            return image;
        }
        finally
        {
            s_unpacking.Release();
            lock (_turn)
                _underWay.Remove(identity);
        }
    }

    private async Task<StoredImage> UnpackAsync(StoreDirectory directory, string identity, ImageSource source, Unpacking unpacking, uint account)
    {
        UnpackingDirectory place = directory.Begin(account);
        try
        {
            using (place)
            {
                CrashPoint.Reach("warden: image: place made");
                string digest = await unpacking.CopyAsync(source, place.Output).ConfigureAwait(false);
                lock (_turn)
                {
                    if (TryHold(directory, digest, identity) is StoredImage known)
                        return known; // by another name, or from a file that was written anew
                }

                CrashPoint.Reach("warden: image: copied");
                (string tree, TreeSize size) = await unpacking.UnpackAsync(place.Output).ConfigureAwait(false);
                CrashPoint.Reach("warden: image: unpacked");
                directory.Finish(place, tree, new StoreEntry(size.Bytes, []));
                lock (_turn)
                {
                    if (TryHold(directory, digest, identity) is StoredImage known)
                        return known;
                    directory.Keep(place, digest);
                    CrashPoint.Reach("warden: image: kept");
                    log($"the image {source.Image.Name} is unpacked: sha256:{digest}, {size.Files} files, {size.Bytes} bytes");
                    return TryHold(directory, digest, identity) ?? throw new IOException($"the image sha256:{digest} was kept, and is not there");
                }
            }
        }
        finally
        {
            Remove(directory, place.Name);
        }
    }

    private void Remove(StoreDirectory directory, string name)
    {
        if (directory.Remove(name) is not string left)
            return;
        log($"{left}. It is tried again.");
        lock (_turn)
            _strays = [.. _strays, name];
    }

    // With the lock, by a source that is now known to hold it.
    private StoredImage? TryHold(StoreDirectory directory, string digest, string identity)
    {
        if (directory.Known(digest) is not StoreEntry note)
            return null;
        StoreEntry with = note.With(identity);
        directory.SetNote(digest, with);
        foreach (string forgotten in note.Sources.Except(with.Sources))
            _bySource.Remove(forgotten);
        _bySource[identity] = digest;
        return TryHold(directory, digest);
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
