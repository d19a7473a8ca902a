using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Sets the file mode creation mask of this process.</summary>
    public static void SetFileModeMask(uint mask) => _ = UMaskRaw(mask);

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint UMaskRaw(uint mask);
}
