using Isolation.Linux;

namespace Isolation.CellInit;

/// <summary>What cell-init gives up once its payload has started: every capability but CAP_KILL, and every system call it no longer needs.</summary>
internal static class Confinement
{
    /// <summary>Of this thread, and so of every thread that it makes from here on.</summary>
    internal static void DropCapabilities() => Capabilities.KeepOnly(Capabilities.Kill);

    /// <summary>On every thread; no thread can be made afterwards.</summary>
    internal static void InstallFilter()
    {
        Sys.SetNoNewPrivileges();
        ResidentFilter.Instance.InstallOnAllThreads();
    }
}
