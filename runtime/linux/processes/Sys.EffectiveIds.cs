using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>The effective uid of this process.</summary>
    public static uint EffectiveUid() => GetEuidRaw();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEuidRaw();
}
