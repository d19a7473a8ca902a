using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// A client's way into a payload's scratch: where the file system allows it the directory itself, shown so that all in it looks like the client's
/// own; else a socket to a process that copies with the payload's rights.
/// </summary>
public abstract class ScratchExchange : IDisposable
{
    private Descriptor? _clientEnd;

    private protected ScratchExchange(ExchangeKind kind, Descriptor clientEnd) => (Kind, _clientEnd) = (kind, clientEnd);

    /// <summary>What the client gets.</summary>
    public ExchangeKind Kind { get; }

    /// <summary>Opens one.</summary>
    /// <param name="host">Where cells live.</param>
    /// <param name="scratch">The payload's scratch, empty.</param>
    /// <param name="client">The client.</param>
    /// <param name="account">The payload account.</param>
    /// <exception cref="SyscallException">Neither way can be opened.</exception>
    public static ScratchExchange Open(CellHost host, Scratch scratch, PidFd client, Account account)
        => (host.MapsIds ? DirectoryExchange.TryOpen(scratch, client, account) : null) as ScratchExchange ?? CopierExchange.Open(host, scratch, account);

    /// <summary>Hands over the client's end, once.</summary>
    public ExchangeEnd TakeEnd()
        => new(Kind, Interlocked.Exchange(ref _clientEnd, null) ?? throw new InvalidOperationException("the client's end of the exchange was taken before"));

    /// <summary>What the client brings is complete.</summary>
    public abstract void EndInputs();

    /// <summary>The payload is over, and nothing of it runs.</summary>
    public abstract void BeginCollection();

    /// <summary>Nothing is copied any more. The scratch is not touched, and a client's own descriptors are not waited for.</summary>
    public void Dispose()
    {
        Close();
        Interlocked.Exchange(ref _clientEnd, null)?.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract void Close();
}
