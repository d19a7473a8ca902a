using Isolation.Linux;
using Isolation.Wire;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>
/// Listens on <c>isolation.sock</c>. One thread accepts; a connection is served on the thread pool. Where the kernel can refuse
/// descriptors, nothing of a stranger's can hold up a read or a close; elsewhere both happen on threads that may hang.
/// </summary>
internal sealed class Listener : IDisposable
{
    private const int Backlog = 4096;
    private const int ModeForAll = 0x1b6; // 0666
    private const int OutOfResourcesWait = 200; // ms
    private const int EMFILE = 24;
    private const int ENFILE = 23;
    private const int ENOMEM = 12;
    private const int ENOBUFS = 105;

    private readonly UnixSocket _socket;
    private readonly string _path;
    private readonly KernelAbilities _kernel;
    private readonly PeerReader _peers;
    private readonly IDispatcher _dispatcher;
    private readonly EventWatch _watch;
    private readonly UidShares _shares;
    private readonly Closer _closer = new();
    private readonly Deadlines _deadlines;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly EventFd _stopEvent = EventFd.Create();
    private readonly Thread _thread;

    /// <summary>Binds the path and starts accepting. The caller holds the instance's lock: a socket file that is there is stale.</summary>
    public Listener(
        string path, IReadOnlySet<string> withoutKernel, AccountNames accounts, JobSigns signs, IDispatcher dispatcher, EventWatch watch, ShareCaps caps,
        Deadlines deadlines, TimeProvider clock, ILogger log)
    {
        // Under its name only once it listens, with its mode: no client is refused in between.
        string fresh = path + ".new";
        File.Delete(fresh);
        _socket = UnixSocket.Listen(UnixSocketKind.Stream, fresh, Backlog);
        _path = path;
        _kernel = KernelAbilities.Probe(_socket, withoutKernel);
        if (!_kernel.PeerPidFd)
            Sys.AskForCredentials(_socket);
        Sys.ChangeMode(fresh, ModeForAll);
        _peers = new PeerReader(_kernel, accounts, signs);
        _dispatcher = dispatcher;
        _watch = watch;
        _shares = new UidShares(caps);
        _deadlines = deadlines;
        _clock = clock;
        _log = log;
        if (!_kernel.PassRights)
            Log.WithoutKernel(log, "SO_PASSRIGHTS");
        if (!_kernel.PeerPidFd)
            Log.WithoutKernel(log, "SO_PEERPIDFD");
        File.Move(fresh, path, overwrite: true);
        _thread = new Thread(AcceptAll, 256 << 10) { IsBackground = true, Name = "accept" };
        _thread.Start();
    }

    /// <summary>What the kernel can do.</summary>
    public KernelAbilities Kernel => _kernel;

    /// <summary>No new connections; those that are idle end, those with a payload are left to the end of the process.</summary>
    public void Stop()
    {
        if (_stop.IsCancellationRequested)
            return;
        _stop.Cancel();
        _stopEvent.Raise();
        _socket.Shutdown();
        _thread.Join();
        File.Delete(_path);
    }

    public void Dispose()
    {
        Stop();
        _socket.Dispose();
        _stopEvent.Dispose();
    }

    private void AcceptAll()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Take(_socket.Accept());
            }
            catch (SyscallException e) when (!_stop.IsCancellationRequested)
            {
                Log.AcceptFailed(_log, e.Message);
                if (e.Errno is EMFILE or ENFILE or ENOMEM or ENOBUFS)
                    _ = Sys.Poll(_stopEvent, PollEvents.In, OutOfResourcesWait);
                else if (e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
                    return; // the listening socket itself
            }
            catch (SyscallException)
            {
                return;
            }
        }
    }

    private void Take(UnixSocket socket)
    {
        PeerCredentials credentials;
        UidShare? share;
        try
        {
            credentials = Sys.PeerCredentialsOf(socket);
            share = _shares.TryEnter(credentials.Uid, _peers.IsOperator(socket, credentials));
            Sys.SetNonBlocking(socket, true);
        }
        catch (SyscallException e)
        {
            Log.AcceptFailed(_log, e.Message);
            Close(socket, uint.MaxValue);
            return;
        }

        if (share is null)
        {
            Log.ConnectionRefused(_log, credentials.Uid, credentials.Pid, "this uid has as many connections as it may");
            ErrorAnswer busy = new(ErrorCodes.Busy, "too many connections of this uid", "Close some, or try again later.");
            _ = Sys.TrySend(socket, FrameWriter.Frame(busy), [], out _);
            Close(socket, credentials.Uid);
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Listener.ServeAsync(state.Socket, state.Credentials, state.Share),
            (Listener: this, Socket: socket, Credentials: credentials, Share: share), preferLocal: false);
    }

    private async Task ServeAsync(UnixSocket socket, PeerCredentials credentials, UidShare share)
    {
        IByteSource source = _kernel.ReadsWithoutThreads
            ? new PolledSource(socket, _watch)
            : new ThreadSource(socket, share, _kernel.PeerPidFd ? null : credentials.Pid);
        Connection connection = new(socket, credentials, share, source, _peers, _dispatcher, _watch, _deadlines, _clock, _log);
        await connection.ServeAsync(_stop.Token).ConfigureAwait(false);
        Close(socket, credentials.Uid, share);
    }

    private void Close(UnixSocket socket, uint uid, UidShare? share = null)
    {
        if (_kernel.ReadsWithoutThreads)
        {
            socket.Dispose();
            share?.Leave();
            return;
        }

        // The client sees its end now; what the close may wait for is nobody's but that uid's.
        socket.Shutdown();
        _closer.Close(uid, () =>
        {
            socket.Dispose();
            share?.Leave();
        });
    }
}
