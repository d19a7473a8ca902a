using System.Text;
using Isolation.Linux;

namespace Isolation.Warden;

/// <summary>RUN/warden.sock: for isolationd's account, and for root's one operation.</summary>
internal static class FrontListener
{
    private const uint OwnerAndGroup = 0x1b0; // 0660
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

    internal static void Accept(UnixSocket listener, OperationTable table, WardenState state, WardenLog log)
    {
        while (true)
        {
            UnixSocket connection = listener.Accept();
            PeerCredentials peer = Sys.PeerCredentialsOf(connection);
            if (peer.Uid != 0 && peer.Uid != state.Limits.Service.Uid)
            {
                log.Write($"turned away pid {peer.Pid}, uid {peer.Uid}: the socket is for uid {state.Limits.Service.Uid}");
                connection.Dispose();
                continue;
            }

            new FrontSession(connection, peer, table, log).Start();
        }
    }

    /// <summary>A moment for the answer to stop itself.</summary>
    internal static void LetAnswersGo() => Never.Wait(TimeSpan.FromMilliseconds(50));
}
