using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>What came of a client's wish to lend a directory.</summary>
public abstract record LendingResult
{
    private LendingResult() { }

    /// <summary>It can be lent.</summary>
    /// <param name="Directory">It; the receiver's to dispose.</param>
    public sealed record Lent(LentDirectory Directory) : LendingResult;

    /// <summary>It cannot.</summary>
    /// <param name="Why">What was looked at and seen, with no more rights than the client's.</param>
    /// <param name="Fix">What the client can do.</param>
    public sealed record Refused(string Why, string Fix) : LendingResult;
}

/// <summary>A directory that a client lends: a copy of its one mount that is in no tree, so that whatever is done to its path changes nothing here.</summary>
/// <param name="Mount">The mount; still shows the ids on disk.</param>
/// <param name="Path">The path by which the client knows it, in its own mount namespace.</param>
/// <param name="Owner">The client's effective ids, which own it on disk.</param>
/// <param name="Client">The client's pid.</param>
/// <param name="Device">The device it is on.</param>
/// <param name="Inode">Its inode.</param>
public sealed record LentDirectory(Descriptor Mount, ByteString Path, ClientAccount Owner, int Client, long Device, long Inode) : IDisposable
{
    /// <summary>
    /// Makes it private, without set-id programs and devices, and lets it look like the payload account's own. Once; then the mount can be attached
    /// (<see cref="Sys.Attach"/>).
    /// </summary>
    /// <returns>Null, or why its file system cannot do that.</returns>
    public string? ShowTo(Account account)
    {
        try
        {
            using Descriptor mapping = IdMapping.Create((Owner.Uid, account.Uid.Value), (Owner.Gid, account.Gid.Value));
            IdMapping.Apply(Mount, mapping);
            return null;
        }
        catch (SyscallException e)
        {
            return $"{Path} cannot be shown as the payload's own: {e.Message}";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Mount.Dispose();
}
