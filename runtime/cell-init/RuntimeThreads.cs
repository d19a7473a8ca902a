using System.Runtime.CompilerServices;
using Isolation.Linux;

namespace Isolation.CellInit;

/// <summary>
/// The threads that the runtime made before Main have the process's capabilities, and capset(2) reaches only its caller. The one
/// that can be reached, the finalizer's, drops its own from within a finalizer.
/// </summary>
internal static class RuntimeThreads
{
    internal static void DropCapabilities()
    {
        Plant();
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Plant() => _ = new Dropper();

    private sealed class Dropper
    {
        ~Dropper() => Capabilities.KeepOnly(Capabilities.Held & Capabilities.Kill);
    }
}
