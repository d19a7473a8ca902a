using Isolation.Linux;

namespace Isolation.CellInit;

/// <summary>What cell-init gives up, step by step, up to the start of its payload and after it: every capability but CAP_KILL, and every system call it no longer needs.</summary>
internal static class Confinement
{
    /// <summary>The capability to mount and to make namespaces, once the payload's process is there and before it is let go.</summary>
    internal static void DropAdministration() => Capabilities.KeepOnly(Capabilities.Held & ~Capabilities.SysAdmin);

    /// <summary>Of this thread, and so of every thread that it makes from here on.</summary>
    internal static void DropCapabilities() => Capabilities.KeepOnly(Capabilities.Kill);

    /// <summary>On every thread; no thread can be made afterwards.</summary>
    internal static void InstallFilter()
    {
        Sys.SetNoNewPrivileges();
        ResidentFilter.Instance.InstallOnAllThreads();
    }
}
