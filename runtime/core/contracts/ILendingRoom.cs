using System.Runtime.InteropServices;

namespace Isolation.Core;

/// <summary>A room that can show a directory which the client lends; that happens before anybody enters.</summary>
public interface ILendingRoom : IRoom
{
    /// <summary>Begins it, once.</summary>
    /// <param name="client">Borrowed: the client's pidfd.</param>
    /// <param name="ct">Gives up waiting for it.</param>
    /// <returns>The socket over which the client itself names the directory; the caller's to dispose.</returns>
    /// <exception cref="SetupException">It cannot be begun.</exception>
    Task<SafeHandle> LendAsync(SafeHandle client, CancellationToken ct);

    /// <summary>Waits for what came of it, a bounded time. The room that is entered next shows what was lent.</summary>
    /// <exception cref="SetupException">Nobody can tell.</exception>
    Task<LoanResult> LentAsync(CancellationToken ct);
}

/// <summary>A directory that was lent to a payload.</summary>
/// <param name="Directory">The path by which the client knows it, and at which the payload sees it.</param>
/// <param name="Device">The device it is on.</param>
/// <param name="Inode">Its inode.</param>
public sealed record Loan(ByteString Directory, long Device, long Inode);

/// <summary>What came of a wish to lend.</summary>
public abstract record LoanResult
{
    private LoanResult() { }

    /// <summary>It is lent.</summary>
    public sealed record Lent(Loan Loan) : LoanResult;

    /// <summary>It cannot be lent.</summary>
    /// <param name="Why">What was seen with the client's own rights.</param>
    /// <param name="Fix">What the client can do.</param>
    public sealed record Refused(string Why, string Fix) : LoanResult;
}
