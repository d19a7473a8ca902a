namespace Isolation.Daemon;

/// <summary>What one uid may hold at a time, so that none can take everybody's share.</summary>
/// <param name="Connections">Open connections.</param>
/// <param name="OperatorExtra">Connections that an operator gets on top, so that the service can be looked at when it is full.</param>
/// <param name="Threads">Threads that read connections, where the kernel makes them necessary.</param>
/// <param name="FrameBytes">Bytes of frames that are being read, beyond what every connection has.</param>
/// <param name="CommandBytes">Arguments and environments of requests between their coming and their ending: 128 KiB for each connection.</param>
internal sealed record ShareCaps(int Connections, int OperatorExtra, int Threads, long FrameBytes, long CommandBytes)
{
    public static readonly ShareCaps Default = new(1024, 16, 64, 64 << 20, 128 << 20);
}

/// <summary>The shares in use, by uid. Thread-safe.</summary>
internal sealed class UidShares(ShareCaps caps)
{
    private readonly Dictionary<uint, UidShare> _shares = [];
    private readonly Lock _lock = new();

    /// <summary>Takes a connection; null when the uid has as many as it may.</summary>
    public UidShare? TryEnter(uint uid, bool isOperator)
    {
        lock (_lock)
        {
            if (!_shares.TryGetValue(uid, out UidShare? share))
                _shares[uid] = share = new UidShare(this, uid, caps);
            if (share.Connections >= caps.Connections + (isOperator ? caps.OperatorExtra : 0))
                return null;
            share.Connections++;
            return share;
        }
    }

    internal void Leave(UidShare share)
    {
        lock (_lock)
        {
            share.Connections--;
            RemoveIfUnused(share);
        }
    }

    internal bool TryTakeThread(UidShare share)
    {
        lock (_lock)
        {
            if (share.Threads >= caps.Threads)
                return false;
            share.Threads++;
            return true;
        }
    }

    internal void GiveThread(UidShare share)
    {
        lock (_lock)
        {
            share.Threads--;
            RemoveIfUnused(share);
        }
    }

    internal void LeaveCommand(UidShare share)
    {
        lock (_lock)
            RemoveIfUnused(share);
    }

    // A thread that hangs, and a request whose payload is detached, outlive their connection, and go on counting.
    private void RemoveIfUnused(UidShare share)
    {
        bool isUnused = share.Connections == 0 && share.Threads == 0 && share.CommandBytes == 0;
        if (isUnused && _shares.GetValueOrDefault(share.Uid) == share) // and not the one of who came meanwhile
            _shares.Remove(share.Uid);
    }
}

/// <summary>The share of one uid.</summary>
internal sealed class UidShare(UidShares owner, uint uid, ShareCaps caps)
{
    private long _frameBytes;
    private long _commandBytes;

    public uint Uid { get; } = uid;

    /// <summary>Guarded by the owner's lock.</summary>
    internal int Connections { get; set; }

    /// <summary>Guarded by the owner's lock.</summary>
    internal int Threads { get; set; }

    /// <summary>What its payloads' requests hold.</summary>
    internal long CommandBytes => Interlocked.Read(ref _commandBytes);

    /// <summary>Gives a connection back.</summary>
    public void Leave() => owner.Leave(this);

    /// <summary>Takes a reading thread; false when there are as many as may be.</summary>
    public bool TryTakeThread() => owner.TryTakeThread(this);

    /// <summary>Gives a reading thread back.</summary>
    public void GiveThread() => owner.GiveThread(this);

    /// <summary>Takes memory for a large frame; false when too much is being read already.</summary>
    public bool TryTakeBytes(int count) => TryTake(ref _frameBytes, count, caps.FrameBytes);

    /// <summary>Gives it back.</summary>
    public void GiveBytes(int count) => Interlocked.Add(ref _frameBytes, -count);

    /// <summary>Takes memory for a request that is kept; false when too much is kept already.</summary>
    public bool TryTakeCommand(int count, out long most) => TryTake(ref _commandBytes, count, most = caps.CommandBytes);

    /// <summary>Gives it back.</summary>
    public void GiveCommand(int count)
    {
        if (Interlocked.Add(ref _commandBytes, -count) == 0)
            owner.LeaveCommand(this);
    }

    private static bool TryTake(ref long bytes, int count, long most)
    {
        if (Interlocked.Add(ref bytes, count) <= most)
            return true;
        Interlocked.Add(ref bytes, -count);
        return false;
    }
}

/// <summary>A uid's share is used up.</summary>
internal sealed class BusyException(string what) : Exception(what);
