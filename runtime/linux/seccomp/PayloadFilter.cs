namespace Isolation.Linux;

/// <summary>
/// The filter of a payload at setuid classic, as reviewed data: each entry with its reason. Everything not named is allowed here.
/// </summary>
public static class PayloadFilter
{
    private const uint SetIdModes = 0xc00; // S_ISUID | S_ISGID
    private const uint Creating = 0x400040; // O_CREAT | __O_TMPFILE

    /// <summary>Calls answered "not implemented", so that C libraries fall back.</summary>
    internal static IReadOnlyList<(int Number, string Name, string Reason)> NotImplemented { get; } =
    [
        (437, "openat2", "its mode lies in memory, which a filter cannot see: it could create set-id files"),
        (435, "clone3", "its flags lie in memory, which a filter cannot see: it could make namespaces"),
        (425, "io_uring_setup", "its operations pass no filter"),
        (426, "io_uring_enter", "its operations pass no filter"),
        (427, "io_uring_register", "its operations pass no filter"),
    ];

    /// <summary>Calls that set a file's mode: set-id bits are refused with EPERM.</summary>
    internal static IReadOnlyList<(int Number, string Name, int Argument)> ModeSetters { get; } =
    [
        (90, "chmod", 1),
        (91, "fchmod", 1),
        (268, "fchmodat", 2),
        (452, "fchmodat2", 2),
        (85, "creat", 1),
        (133, "mknod", 1),
        (259, "mknodat", 2),
    ];

    /// <summary>Calls that set a mode only when they create.</summary>
    internal static IReadOnlyList<(int Number, string Name, int Flags, int Mode)> Creators { get; } =
    [
        (2, "open", 1, 2),
        (257, "openat", 2, 3),
    ];

    /// <summary>The filter.</summary>
    public static SeccompFilter Instance { get; } = Build(); // after the tables it is built from

    private static SeccompFilter Build()
    {
        uint refuse = SeccompAssembler.FailWith(Errno.EPERM);
        SeccompAssembler filter = new();
        foreach ((int number, _, int flags, int mode) in Creators)
            filter.WhenBitsBehind(number, flags, Creating, mode, SetIdModes, refuse);
        foreach ((int number, _, _) in NotImplemented)
            filter.When(number, SeccompAssembler.FailWith(Errno.ENOSYS));
        foreach ((int number, _, int argument) in ModeSetters)
            filter.WhenBits(number, argument, SetIdModes, refuse);
        return filter.Otherwise(SeccompAssembler.Allow);
    }
}
