using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Ends this process with all its threads, without a word to anybody (_exit(2)).</summary>
    public static void ExitNow(int code) => ExitRaw(code);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitRaw(int code);
}
