using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>One entry of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollEntry
{
    /// <summary>The descriptor's number; a negative one is skipped.</summary>
    public int Number;

    /// <summary>What is waited for.</summary>
    public PollEvents Wanted;

    /// <summary>What has come.</summary>
    public PollEvents Seen;
}

/// <summary>Events of poll(2).</summary>
[Flags]
public enum PollEvents : short
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Can be read.</summary>
    In = 1,

    /// <summary>Exceptional state: a changed cgroup file.</summary>
    Priority = 2,

    /// <summary>Can be written.</summary>
    Out = 4,

    /// <summary>An error.</summary>
    Error = 8,

    /// <summary>The other side hung up.</summary>
    HangUp = 16,

    /// <summary>Not an open descriptor.</summary>
    Invalid = 32,
}

public static partial class Sys
{
    /// <summary>Waits until an entry has something, or the time is over. An interruption does not end the wait: "nothing" means that the time is over.</summary>
    /// <param name="entries">What to wait for.</param>
    /// <param name="milliseconds">-1 for ever.</param>
    /// <returns>How many entries have something.</returns>
    public static unsafe int Poll(Span<PollEntry> entries, int milliseconds)
    {
        long since = Stopwatch.GetTimestamp();
        int left = milliseconds;
        fixed (PollEntry* first = entries)
        {
            while (true)
            {
                int ready = PollRaw(first, (nuint)entries.Length, left);
                if (ready >= 0)
                    return ready;
                if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                    throw SyscallException.FromLastError("poll", $"{entries.Length} descriptors");
                if (milliseconds >= 0)
                    left = Math.Max(0, milliseconds - (int)Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            }
        }
    }

    /// <summary>Waits for one descriptor.</summary>
    /// <returns>What has come; none when the time was over.</returns>
    public static PollEvents Poll(Descriptor fd, PollEvents wanted, int milliseconds)
    {
        Span<PollEntry> one = [new PollEntry { Number = fd.Number, Wanted = wanted }];
        return Poll(one, milliseconds) > 0 ? one[0].Seen : PollEvents.None;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int PollRaw(PollEntry* entries, nuint count, int milliseconds);
}
