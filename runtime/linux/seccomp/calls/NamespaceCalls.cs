using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>Namespaces, roots and mounts: for nested containers, where policy allows them.</summary>
internal static class NamespaceCalls
{
    private const uint CLONE_VM = 0x100;
    private const uint CLONE_FS = 0x200;
    private const uint CLONE_FILES = 0x400;
    private const uint CLONE_SIGHAND = 0x800;
    private const uint CLONE_THREAD = 0x10000;
    private const uint CLONE_SYSVSEM = 0x40000;
    private const uint CLONE_NEWNS = 0x20000;
    private const uint CLONE_NEWCGROUP = 0x2000000;
    private const uint CLONE_NEWUTS = 0x4000000;
    private const uint CLONE_NEWIPC = 0x8000000;
    private const uint CLONE_NEWUSER = 0x10000000;
    private const uint CLONE_NEWPID = 0x20000000;
    private const uint CLONE_NEWNET = 0x40000000;

    // No CLONE_NEWTIME: clone reads that bit as part of the signal's number.
    private const uint NewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    private const uint NotShared = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

    internal static ImmutableArray<CallGroup> Groups { get; } =
    [
        new("threads and processes; in a user namespace its maker has every capability over kernel code that is seldom tried by others",
            new CallRule.UnlessNested(new CallRule.FailOnBits(0, NewNamespaces, Errno.EPERM)), [(56, "clone")]),
        new("its flags lie in memory, which a filter cannot see; C libraries fall back to clone", new CallRule.UnlessNested(CallRule.NotThere),
            [(435, "clone3")]),
        new("no longer sharing descriptors, directory or semaphores with other threads; nothing else, also of what younger kernels can unshare",
            new CallRule.UnlessNested(new CallRule.FailOnBits(0, ~NotShared, Errno.EPERM)), [(272, "unshare")]),
        new("entering somebody else's namespaces, or another root", CallRule.ForNestedContainers, [(308, "setns"), (161, "chroot"), (155, "pivot_root")]),
        new("mounting: needs a namespace of the caller's own", CallRule.ForNestedContainers,
        [
            (165, "mount"), (166, "umount2"), (428, "open_tree"), (429, "move_mount"), (430, "fsopen"), (431, "fsconfig"), (432, "fsmount"),
            (433, "fspick"), (442, "mount_setattr"), (467, "open_tree_attr"),
        ]),
        new("the machine's name: needs a namespace of the caller's own", CallRule.ForNestedContainers, [(170, "sethostname"), (171, "setdomainname")]),
    ];
}
