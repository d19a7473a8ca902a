using System.Globalization;
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
        // One by one: of several that have ended the kernel names the oldest, and that is the main process.
        foreach (int child in Children().Where(child => child != main))
            Sys.Reap(child);
        return Children().All(child => child == main);
    }

    // What does not fit is there all the same, and seen at the next look.
    private int[] Children()
        => [.. Encoding.ASCII.GetString(_buffer, 0, Sys.ReadAt(_children, _buffer, 0)).Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(number => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int child) ? child : -1)];

    public void Dispose() => _children.Dispose();
}
