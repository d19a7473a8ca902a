using System.Text;
using Isolation.Linux;

namespace Isolation.CellInit;

/// <summary>
/// Everybody in the pid namespace of this room, of which this process is the first. Where a pilot can move processes out of the leaf, this is
/// how the payload is killed, and how it is known to be over.
/// </summary>
internal sealed class RoomProcesses : IDisposable
{
    private const int SIGKILL = 9;

    // Opened while files can be: the filter of this process comes later. Orphans become children of its first thread.
    private readonly Descriptor _children = Sys.Open(null, "/proc/self/task/1/children", Sys.O_RDONLY);
    private readonly byte[] _buffer = new byte[4096];

    /// <summary>Kills everybody but this process; when it returns nobody is left who could make another (kill(2), fork's check for pending signals).</summary>
    internal static void Kill() => Sys.SignalEverybodyElse(SIGKILL);

    /// <summary>
    /// True when nobody is left but the main process as a zombie. A process that ends at this moment can hide another from the list (proc(5));
    /// that one has been killed, and the end of the room, which the warden waits for, is the proof.
    /// </summary>
    internal bool AreOver(int? main)
    {
        while (Sys.AnyEndedChild() is ChildEnd ended && ended.Pid != main)
            Sys.Reap(ended.Pid);
        string children = Encoding.ASCII.GetString(_buffer, 0, Sys.ReadAt(_children, _buffer, 0)).Trim();
        return children.Length == 0 || children == main?.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    public void Dispose() => _children.Dispose();
}
