namespace Isolation.Daemon;

/// <summary>
/// How many bytes of arguments and environment execve takes (execve(2), "Limits on size"): a quarter of the soft stack limit,
/// at least 128 KiB and at most 6 MiB, each string with its NUL and an 8-byte pointer.
/// </summary>
internal static class ArgumentSpace
{
    /// <summary>The longest single string, with its NUL (MAX_ARG_STRLEN).</summary>
    public const int MaxString = 128 << 10;

    private const long Most = 6 << 20;
    private const long Least = 128 << 10;

    // The program's path and the room's own variables (HOME, TMPDIR, …) come on top of what the caller sends.
    private const long RoomShare = 2 << 10;
    private const int PointerSize = 8;

    /// <summary>What a caller with that soft stack limit may fill; null stands for unlimited.</summary>
    public static long Allowed(long? stackSoftLimit)
        => Math.Clamp((stackSoftLimit ?? long.MaxValue) / 4, Least, Most) - RoomShare;

    /// <summary>What these strings fill.</summary>
    public static long Filled(IEnumerable<byte[]> strings) => strings.Sum(s => (long)s.Length + 1 + PointerSize);
}
