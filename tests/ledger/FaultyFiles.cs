namespace Isolation.Ledger.Tests;

/// <summary>Disk files whose writes, syncs and creations fail or hang when a test says so.</summary>
internal sealed class FaultyFiles : ISegmentFiles
{
    private readonly DiskSegmentFiles _disk = new();
    private int _syncs;

    /// <summary>Called before each sync of the ledger's writer; may throw or block.</summary>
    public Action<string>? OnSync { get; set; }

    /// <summary>Called before each write.</summary>
    public Action<string>? OnWrite { get; set; }

    /// <summary>Called before a file is made.</summary>
    public Action? OnPrepare { get; set; }

    public int Syncs => Volatile.Read(ref _syncs);

    /// <summary>Paths whose sync has failed and that were synced again: must stay empty.</summary>
    public List<string> SyncedAfterFailure { get; } = [];

    public ISegmentFile Prepare(string path, long size)
    {
        OnPrepare?.Invoke();
        return new Faulty(this, _disk.Prepare(path, size));
    }

    public ISegmentFile Reopen(string path) => new Faulty(this, _disk.Reopen(path));

    private sealed class Faulty(FaultyFiles owner, ISegmentFile file) : ISegmentFile
    {
        private bool _failed;

        public string Path => file.Path;

        public long Length => file.Length;

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            owner.OnWrite?.Invoke(Path);
            file.Write(bytes, offset);
        }

        public void Sync()
        {
            if (_failed)
                owner.SyncedAfterFailure.Add(Path);
            Interlocked.Increment(ref owner._syncs);
            try
            {
                owner.OnSync?.Invoke(Path);
            }
            catch
            {
                _failed = true;
                throw;
            }

            file.Sync();
        }

        public void Trim(long length) => file.Trim(length);

        public void MoveTo(string path) => file.MoveTo(path);

        public void Dispose() => file.Dispose();
    }
}
