using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>Memory.</summary>
internal static class MemoryCalls
{
    internal static ImmutableArray<CallGroup> Groups { get; } =
    [
        new("the caller's own memory", CallRule.Allowed,
        [
            (9, "mmap"), (10, "mprotect"), (11, "munmap"), (12, "brk"), (25, "mremap"), (26, "msync"), (27, "mincore"), (28, "madvise"),
            (216, "remap_file_pages"), (453, "map_shadow_stack"), (462, "mseal"),
        ]),
        new("locking it, within the resource limit", CallRule.Allowed,
            [(149, "mlock"), (150, "munlock"), (151, "mlockall"), (152, "munlockall"), (325, "mlock2")]),
        new("protection keys", CallRule.Allowed, [(329, "pkey_mprotect"), (330, "pkey_alloc"), (331, "pkey_free")]),
        new("memory nodes: programs place their pages, within the pilot's cpuset; another account's pages need a capability", CallRule.Allowed,
        [
            (237, "mbind"), (238, "set_mempolicy"), (239, "get_mempolicy"), (256, "migrate_pages"), (279, "move_pages"),
            (450, "set_mempolicy_home_node"),
        ]),
        new("advice on, and release of, memory of another process that the caller may debug or kill", CallRule.Allowed,
            [(440, "process_madvise"), (448, "process_mrelease")]),
    ];
}
