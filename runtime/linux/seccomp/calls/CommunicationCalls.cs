using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>Pipes, sockets, devices, System V and POSIX messages.</summary>
internal static class CommunicationCalls
{
    private const uint AF_UNIX = 1;
    private const uint AF_INET = 2;
    private const uint AF_INET6 = 10;
    private const uint AF_NETLINK = 16;
    private const uint TIOCSTI = 0x5412;
    private const uint TIOCLINUX = 0x541c;
    private const uint TIOCSETD = 0x5423;
    private const uint FS_IOC_SETFLAGS = 0x40086602;
    private const uint FS_IOC_FSSETXATTR = 0x401c5820;

    internal static ImmutableArray<CallGroup> Groups { get; } =
    [
        new("pipes", CallRule.Allowed, [(22, "pipe"), (293, "pipe2")]),
        new("sockets of this host and of the Internet, and netlink for interfaces and routes. Others are seldom tried parts of the kernel (AF_ALG, AF_PACKET, "
            + "AF_BLUETOOTH), or reach past the network namespace (AF_VSOCK)",
            new CallRule.FailUnless(0, [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK], Errno.EAFNOSUPPORT), [(41, "socket"), (53, "socketpair")]),
        new("what is done with a socket", CallRule.Allowed,
        [
            (42, "connect"), (43, "accept"), (288, "accept4"), (44, "sendto"), (45, "recvfrom"), (46, "sendmsg"), (47, "recvmsg"), (299, "recvmmsg"),
            (307, "sendmmsg"), (48, "shutdown"), (49, "bind"), (50, "listen"), (51, "getsockname"), (52, "getpeername"), (54, "setsockopt"),
            (55, "getsockopt"),
        ]),
        new("devices and terminals; not what types into a terminal that others read (TIOCSTI, TIOCLINUX), nor what puts one of the kernel's line "
            + "disciplines behind it (TIOCSETD), nor what takes a file out of its quota project (FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR). The kernel takes the low 32 bits (CVE-2019-10063)",
            new CallRule.FailOn(1, [TIOCSTI, TIOCLINUX, TIOCSETD, FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR], Errno.EPERM), [(16, "ioctl")]),
        new("System V IPC of the namespace; the account's rights decide", CallRule.Allowed,
        [
            (29, "shmget"), (30, "shmat"), (31, "shmctl"), (67, "shmdt"), (64, "semget"), (65, "semop"), (66, "semctl"), (220, "semtimedop"),
            (68, "msgget"), (69, "msgsnd"), (70, "msgrcv"), (71, "msgctl"),
        ]),
        new("POSIX message queues; opening one takes a mode and is among those", CallRule.Allowed,
            [(241, "mq_unlink"), (242, "mq_timedsend"), (243, "mq_timedreceive"), (244, "mq_notify"), (245, "mq_getsetattr")]),
    ];
}
