using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>Files, as far as a call sets no mode.</summary>
internal static class FileCalls
{
    internal static ImmutableArray<CallGroup> Groups { get; } =
    [
        new("what is open: reading, writing, moving about in it", CallRule.Allowed,
        [
            (0, "read"), (1, "write"), (3, "close"), (8, "lseek"), (17, "pread64"), (18, "pwrite64"), (19, "readv"), (20, "writev"),
            (295, "preadv"), (296, "pwritev"), (327, "preadv2"), (328, "pwritev2"), (32, "dup"), (33, "dup2"), (292, "dup3"), (72, "fcntl"),
            (73, "flock"), (436, "close_range"),
        ]),
        new("copies within the kernel, between descriptors that the caller holds", CallRule.Allowed,
            [(40, "sendfile"), (275, "splice"), (276, "tee"), (278, "vmsplice"), (326, "copy_file_range")]),
        new("sizes, and what is to be on disk or in the cache", CallRule.Allowed,
        [
            (74, "fsync"), (75, "fdatasync"), (76, "truncate"), (77, "ftruncate"), (162, "sync"), (187, "readahead"), (221, "fadvise64"),
            (277, "sync_file_range"), (285, "fallocate"), (306, "syncfs"), (451, "cachestat"),
        ]),
        new("what the kernel tells of a file and of its file system", CallRule.Allowed,
        [
            (4, "stat"), (5, "fstat"), (6, "lstat"), (21, "access"), (89, "readlink"), (137, "statfs"), (138, "fstatfs"), (262, "newfstatat"),
            (267, "readlinkat"), (269, "faccessat"), (332, "statx"), (439, "faccessat2"),
        ]),
        new("the mounts of the caller's own namespace, as /proc/self/mountinfo has them", CallRule.Allowed, [(457, "statmount"), (458, "listmount")]),
        new("a handle opens nothing, since open_by_handle_at is refused", CallRule.Allowed, [(303, "name_to_handle_at")]),
        new("names: making, changing, removing them with the account's rights. A directory gets no set-id bit here: the kernel masks them", CallRule.Allowed,
        [
            (82, "rename"), (83, "mkdir"), (84, "rmdir"), (86, "link"), (87, "unlink"), (88, "symlink"), (258, "mkdirat"), (263, "unlinkat"),
            (264, "renameat"), (265, "linkat"), (266, "symlinkat"), (316, "renameat2"),
        ]),
        new("directories: reading them, being in one", CallRule.Allowed,
            [(78, "getdents"), (79, "getcwd"), (80, "chdir"), (81, "fchdir"), (217, "getdents64")]),
        new("times and owners; without a capability a file goes to nobody else, and losing its owner takes its set-id bits", CallRule.Allowed,
        [
            (92, "chown"), (93, "fchown"), (94, "lchown"), (95, "umask"), (132, "utime"), (235, "utimes"), (260, "fchownat"), (261, "futimesat"),
            (280, "utimensat"),
        ]),
        new("attributes: those of root's (capabilities, trusted.*, immutable) the kernel keeps from whoever has no capability", CallRule.Allowed,
        [
            (188, "setxattr"), (189, "lsetxattr"), (190, "fsetxattr"), (191, "getxattr"), (192, "lgetxattr"), (193, "fgetxattr"), (194, "listxattr"),
            (195, "llistxattr"), (196, "flistxattr"), (197, "removexattr"), (198, "lremovexattr"), (199, "fremovexattr"), (463, "setxattrat"),
            (464, "getxattrat"), (465, "listxattrat"), (466, "removexattrat"), (468, "file_getattr"),
        ]),
        new("takes a file out of its quota project, as two requests of ioctl do", CallRule.NotThere, [(469, "file_setattr")]),
        new("watching files that the account can read", CallRule.Allowed,
            [(253, "inotify_init"), (254, "inotify_add_watch"), (255, "inotify_rm_watch"), (294, "inotify_init1")]),
        new("memory as a file", CallRule.Allowed, [(319, "memfd_create"), (447, "memfd_secret")]),
    ];
}
