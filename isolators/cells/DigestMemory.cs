using System.Collections.Concurrent;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>
/// Digests of files on local file systems, by device, inode, size and ctime. A file changed within the last seconds is not
/// remembered: its ctime may not move at the next change. Thread-safe, bounded.
/// </summary>
public sealed class DigestMemory(TimeProvider clock)
{
    private const int Most = 10_000;
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<FileIdentity, byte[]> _digests = new();

    /// <summary>The digest of a file that has not changed since it was remembered, or null.</summary>
    public byte[]? Find(FileIdentity file) => file.IsLocal ? _digests.GetValueOrDefault(file) : null;

    /// <summary>Remembers a digest that was just computed.</summary>
    public void Remember(FileIdentity file, byte[] digest)
    {
        bool settled = clock.GetUtcNow() - DateTimeOffset.UnixEpoch > TimeSpan.FromMicroseconds(file.ChangedNanoseconds / 1000) + Settled;
        if (!file.IsLocal || !file.IsRegular || !settled)
            return;
        if (_digests.Count >= Most)
            _digests.Clear();
        _digests[file] = digest;
    }
}
