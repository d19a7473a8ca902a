using System.Runtime.CompilerServices;
using Isolation.Linux;

namespace Isolation.CellInit;

/// <summary>
/// The threads that the runtime made before Main have the process's capabilities and signal mask, and capset(2) and sigprocmask(2) reach only their caller. The
/// one that can be reached, the finalizer's, drops its own capabilities and blocks SIGCHLD from within a finalizer: it takes no signal that the signalfd waits for.
/// </summary>
internal static class RuntimeThreads
{
    internal static void Confine()
    {
        Sys.BlockSignals(Children, block: true); // whoever started this process may have it so already; a container's runtime has not
        Plant();
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static readonly ulong Children = SignalFd.MaskOf(17 /* SIGCHLD */);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Plant() => _ = new Dropper();

    private sealed class Dropper
    {
        ~Dropper()
        {
            Sys.BlockSignals(Children, block: true);
            Capabilities.KeepOnly(Capabilities.Held & Capabilities.Kill);
        }
    }
}
