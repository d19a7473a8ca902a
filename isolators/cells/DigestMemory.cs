using System.Collections.Concurrent;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>
/// Digests of files on local file systems, by device, inode, size and ctime. A file changed within the last minutes is not
/// remembered: through a mapping it can be changed again without its ctime moving, until the kernel has written the page back
/// (vm.dirty_expire_centisecs, 30 s, and the flusher's own interval). Thread-safe, bounded.
/// </summary>
public sealed class DigestMemory(TimeProvider clock)
{
    private const int Most = 10_000;
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(2);
    private readonly ConcurrentDictionary<FileIdentity, byte[]> _digests = new();

    /// <summary>The digest of a file that has not changed since it was remembered, or null.</summary>
    public byte[]? Find(FileIdentity file) => file.IsLocal ? _digests.GetValueOrDefault(file) : null;

    /// <summary>Remembers a digest that was just computed.</summary>
    public void Remember(FileIdentity file, byte[] digest)
    {
        long age = ((clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick) - file.ChangedNanoseconds;
        bool settled = age > Settled.Ticks * TimeSpan.NanosecondsPerTick;
        if (!file.IsLocal || !file.IsRegular || !settled)
            return;
        if (_digests.Count >= Most)
            _digests.Clear();
        _digests[file] = digest;
    }
}
