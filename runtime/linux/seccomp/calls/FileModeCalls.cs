using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>Every call that takes a file's mode: without set-id bits. A file so made in a lent directory would run as the pilot.</summary>
internal static class FileModeCalls
{
    private const uint S_ISUID = 0x800;
    private const uint S_ISGID = 0x400;
    private const uint O_CREAT = 0x40;
    private const uint O_TMPFILE_ALONE = 0x400000; // O_TMPFILE without O_DIRECTORY
    private const uint SetIdModes = S_ISUID | S_ISGID;
    private const uint Creating = O_CREAT | O_TMPFILE_ALONE;

    internal static ImmutableArray<CallGroup> Groups { get; } =
    [
        new("setting a mode, given second", new CallRule.FailOnBits(1, SetIdModes, Errno.EPERM),
            [(85, "creat"), (90, "chmod"), (91, "fchmod"), (133, "mknod")]),
        new("setting a mode, given third", new CallRule.FailOnBits(2, SetIdModes, Errno.EPERM),
            [(259, "mknodat"), (268, "fchmodat"), (452, "fchmodat2")]),
        new("opening: the mode, given third, counts only for what is created", new CallRule.FailOnBitsBehind(1, Creating, 2, SetIdModes, Errno.EPERM),
            [(2, "open"), (240, "mq_open")]),
        new("opening: the mode, given fourth, counts only for what is created", new CallRule.FailOnBitsBehind(2, Creating, 3, SetIdModes, Errno.EPERM),
            [(257, "openat")]),
    ];
}
