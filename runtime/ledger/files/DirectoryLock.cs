using System.Globalization;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// The right to write one ledger: flock on <c>lock</c> in its directory, which ends with the process. <c>holder</c> beside it
/// says for people who has it; it means nothing while the lock is free.
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private readonly FileStream _lock;

    private DirectoryLock(FileStream held) => _lock = held;

    /// <exception cref="LedgerException">Somebody else has it, or the directory cannot be written.</exception>
    public static DirectoryLock Take(string directory, TimeProvider clock)
    {
        string holder = Path.Combine(directory, "holder");
        try
        {
            var held = new FileStream(Path.Combine(directory, "lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = Mode,
            });
            TellHolder(holder, clock);
            return new DirectoryLock(held);
        }
        catch (IOException e) when (IsHeld(directory))
        {
            throw new LedgerException($"The ledger in {directory} is being written by {HolderIn(holder)}.", "Stop that process, or use another state directory.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LedgerException($"The ledger in {directory} cannot be locked for writing: {e.Message}",
                "Give the service's user a writable directory with space on it.", e);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static void TellHolder(string path, TimeProvider clock)
    {
        try
        {
            using var text = new StreamWriter(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Mode });
            text.Write(string.Create(CultureInfo.InvariantCulture, $"pid {Environment.ProcessId} ({Environment.ProcessPath}) since {clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}"));
        }
        catch (IOException)
        {
            // On a full disk: only people read it, and endings must still be written.
        }
    }

    // Opening for reading asks for a shared lock, which fails only when somebody holds the exclusive one.
    private static bool IsHeld(string directory)
    {
        try
        {
            using FileStream free = File.OpenRead(Path.Combine(directory, "lock"));
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static string HolderIn(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }
}
