using System.Text;
using Isolation.Linux;

namespace Isolation.Warden;

/// <summary>RUN/warden.sock: for isolationd's account, and for root's one operation.</summary>
internal static class FrontListener
{
    private const uint OwnerAndGroup = 0x1b0; // 0660
    private const int MostFronts = 32;
    private const int MostRoots = 8;
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromMilliseconds(100);
    private static readonly ManualResetEventSlim Never = new(false);

    internal static UnixSocket Open(string path, ServiceAccount service)
    {
        // A dead warden's socket; the lock of the run directory says that no other lives.
        _ = Sys.TryUnlink(null, Encoding.UTF8.GetBytes(path), isDirectory: false, out _);
        UnixSocket listener = UnixSocket.Listen(UnixSocketKind.SeqPacket, path, backlog: 16);
        using Descriptor place = Sys.Open(null, path, Sys.O_PATH | Sys.O_NOFOLLOW);
        Sys.SetOwnerOfPlace(place, 0, service.Gid);
        Sys.SetModeOfPlace(place, OwnerAndGroup);
        return listener;
    }

    /// <summary>Takes connections for ever: a host in trouble, or a front that takes too many, ends no warden.</summary>
    internal static void Accept(UnixSocket listener, OperationTable table, WardenState state, WardenLog log)
    {
        Seats fronts = new(MostFronts), roots = new(MostRoots);
        while (true)
        {
            try
            {
                UnixSocket connection = listener.Accept();
                if (!TryServe(connection, fronts, roots, table, state, log))
                    connection.Dispose();
            }
            catch (Exception e)
            {
                log.Write($"a connection could not be taken: {e.Message}");
                Never.Wait(AfterTrouble);
            }
        }
    }

    private static bool TryServe(UnixSocket connection, Seats fronts, Seats roots, OperationTable table, WardenState state, WardenLog log)
    {
        PeerCredentials peer = Sys.PeerCredentialsOf(connection);
        if (peer.Uid != 0 && peer.Uid != state.Limits.Service.Uid)
        {
            log.Write($"turned away pid {peer.Pid}, uid {peer.Uid}: the socket is for uid {state.Limits.Service.Uid}");
            return false;
        }

        Seats seats = peer.Uid == 0 ? roots : fronts;
        if (!seats.TryTake())
        {
            log.Write($"turned away pid {peer.Pid}, uid {peer.Uid}: all {seats.All} connections for it are taken");
            return false;
        }

        try
        {
            new FrontSession(connection, peer, table, log).Start(seats.Leave);
            return true;
        }
        catch
        {
            seats.Leave();
            throw;
        }
    }

    /// <summary>A moment for the answer to stop itself.</summary>
    internal static void LetAnswersGo() => Never.Wait(TimeSpan.FromMilliseconds(50));

    // Each connection costs two threads.
    private sealed class Seats(int all)
    {
        private int _taken;

        internal int All => all;

        internal bool TryTake()
        {
            if (Interlocked.Increment(ref _taken) <= all)
                return true;
            Leave();
            return false;
        }

        internal void Leave() => Interlocked.Decrement(ref _taken);
    }
}
