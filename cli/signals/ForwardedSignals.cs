using System.Runtime.CompilerServices;
using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>
/// The signals that go on to the payload, read from a signalfd. A signal that the client was started with ignored (nohup, a
/// background job of a shell) stays ignored.
/// </summary>
internal sealed class ForwardedSignals : IDisposable
{
    /// <summary>Numbers of signal(7), x86-64.</summary>
    public const int
        HangUp = 1, Interrupt = 2, Quit = 3, User1 = 10, User2 = 12, Pipe = 13, Terminate = 15, Continue = 18, Stop = 19, TerminalStop = 20, WindowChange = 28;

    private readonly ulong _mask;

    private ForwardedSignals(ulong mask)
    {
        _mask = mask;
        Descriptor = SignalFd.Create(mask);
    }

    /// <summary>Readable when a signal has come.</summary>
    public SignalFd Descriptor { get; }

    /// <summary>
    /// Makes every other thread of the process deaf to all signals; the runtime has one, the finalizer's, older than Main. A
    /// signal to the process goes to any thread that does not block it, and would end the process there. The mask of a thread
    /// can be set only by itself: so a finalizer does it (0.13 ms, while the service is at work).
    /// </summary>
    public static void DeafenOtherThreads()
    {
        Abandon();
        GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        GC.WaitForPendingFinalizers();
    }

    /// <summary>Blocks the signals in this thread: from now on they are read. A signal before this acts by its disposition.</summary>
    public static ForwardedSignals Take()
    {
        ulong wanted = 0;
        foreach (int signal in (ReadOnlySpan<int>)[HangUp, Interrupt, Quit, User1, User2, Terminate, Continue, TerminalStop, WindowChange])
            wanted |= SignalFd.MaskOf(signal);
        ulong mask = wanted & ~Sys.IgnoredAmong(wanted);

        // SIGPIPE is the thread's own: blocked, a status channel whose reader has gone is an error of write and no death.
        Sys.BlockSignals(mask | SignalFd.MaskOf(Pipe), block: true);
        return new ForwardedSignals(mask);
    }

    /// <summary>Lets the signals act again, and this process end by one of them.</summary>
    public void EndBy(int signal)
    {
        Sys.BlockSignals(_mask, block: false);
        Sys.SignalSelf(signal);
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    // Not inlined, so that no register or stack slot of the caller keeps the object alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon() => _ = new Deafener();

    private sealed class Deafener
    {
        ~Deafener() => Sys.BlockSignals(ulong.MaxValue, block: true);
    }
}
