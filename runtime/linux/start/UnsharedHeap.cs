using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>
/// Keeps the garbage collector's heap out of children (madvise(2), MADV_DONTFORK). What runs between clone3 and exec reads none of it, and a copy costs:
/// the kernel writes the child's tables of it, and afterwards this process pays a fault for each page that it writes again.
/// </summary>
public static partial class UnsharedHeap
{
    private const int MADV_DONTFORK = 10;
    private const long LeastReserve = 64L << 20; // what is reserved beyond the part in use is far more

    /// <summary>
    /// For all children of this process from here on: what the heap has now, and what it grows by. Pages that the collector gives back and takes again are
    /// copied, and so are large objects; and all of it where the heap is not found, or the kernel refuses. That only costs more.
    /// </summary>
    public static void KeepFromChildren()
    {
        if (Reservation(KernelFile.TextOrNothing("/proc/self/maps"), AddressOfAnObject()) is not (long from, long length))
            return;
        _ = MAdviseRaw((nint)from, (nuint)length, MADV_DONTFORK);
    }

    /// <summary>
    /// The range of the heap that holds an address: from the mapping that it is in, over those that follow without a gap, up to the first large one that
    /// nobody may access yet: the rest of what the collector reserved in one piece.
    /// </summary>
    /// <param name="maps">As /proc/PID/maps (proc(5)).</param>
    /// <param name="address">Of an object.</param>
    /// <returns>Null where it is not so.</returns>
    internal static (long From, long Length)? Reservation(string maps, long address)
    {
        long? from = null;
        long end = 0;
        foreach (ReadOnlySpan<char> line in maps.AsSpan().EnumerateLines())
        {
            if (line.IndexOf(' ') is not (> 0 and int space) || line[..space].IndexOf('-') is not (> 0 and int dash))
                continue;
            long first = long.Parse(line[..dash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            long last = long.Parse(line[(dash + 1)..space], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (from is null && (address < first || address >= last))
                continue;
            bool isAnonymous = line.TrimEnd().EndsWith(" 0", StringComparison.Ordinal);
            if (!isAnonymous || (from is not null && first != end))
                return null;
            from ??= first;
            end = last;
            if (line[space..].StartsWith(" ---p", StringComparison.Ordinal) && last - first >= LeastReserve)
                return (from.Value, end - from.Value);
        }

        return null;
    }

    private static unsafe long AddressOfAnObject()
    {
        object made = new();
        return *(nint*)Unsafe.AsPointer(ref made);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdviseRaw(nint address, nuint length, int advice);
}
