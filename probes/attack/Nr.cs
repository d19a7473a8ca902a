namespace Isolation.Probes;

/// <summary>Numbers of system calls (x86-64), named as the kernel names them.</summary>
internal static class Nr
{
    public const int read = 0, write = 1, open = 2, close = 3, poll = 7, mmap = 9, munmap = 11, ioctl = 16, shmget = 29, shmat = 30, shmctl = 31,
        getpid = 39, socket = 41, connect = 42, accept = 43, sendto = 44, recvfrom = 45, bind = 49, listen = 50, getsockname = 51, setsockopt = 54, getsockopt = 55,
        clone = 56, fork = 57, vfork = 58, exit = 60, wait4 = 61, kill = 62, semget = 64, semctl = 66, shmdt = 67, msgget = 68, msgsnd = 69, msgrcv = 70, msgctl = 71,
        fcntl = 72, flock = 73, ftruncate = 77, getcwd = 79, chdir = 80, rename = 82, mkdir = 83, rmdir = 84, link = 86, unlink = 87, symlink = 88,
        chmod = 90, fchmod = 91, chown = 92, umask = 95, getrlimit = 97, ptrace = 101, getuid = 102, syslog = 103, getgid = 104, geteuid = 107, getppid = 110,
        setsid = 112, getgroups = 115, setresuid = 117, setresgid = 119, mknod = 133, personality = 135, getpriority = 140, setpriority = 141,
        sched_setscheduler = 144, pivot_root = 155, prctl = 157, adjtimex = 159, setrlimit = 160, chroot = 161, acct = 163, mount = 165, umount2 = 166,
        swapon = 167, swapoff = 168, reboot = 169, sethostname = 170, setdomainname = 171, iopl = 172, ioperm = 173, init_module = 175, delete_module = 176, quotactl = 179,
        nfsservctl = 180, gettid = 186, tkill = 200, sched_setaffinity = 203, sched_getaffinity = 204, lookup_dcookie = 212, timer_create = 222, exit_group = 231,
        tgkill = 234, mq_open = 240, mq_unlink = 241, mq_timedsend = 242, mq_timedreceive = 243, kexec_load = 246, add_key = 248, request_key = 249, keyctl = 250,
        inotify_init1 = 294, inotify_add_watch = 254, migrate_pages = 256, openat = 257, unshare = 272, move_pages = 279, fallocate = 285, perf_event_open = 298, fanotify_init = 300,
        prlimit64 = 302, name_to_handle_at = 303, open_by_handle_at = 304, clock_adjtime = 305, setns = 308, process_vm_readv = 310, process_vm_writev = 311,
        kcmp = 312, finit_module = 313, sched_setattr = 314, seccomp = 317, memfd_create = 319, kexec_file_load = 320, bpf = 321, userfaultfd = 323,
        pidfd_send_signal = 424, io_uring_setup = 425, io_uring_enter = 426, io_uring_register = 427, open_tree = 428, move_mount = 429, fsopen = 430,
        fsconfig = 431, fsmount = 432, fspick = 433, pidfd_open = 434, clone3 = 435, openat2 = 437, pidfd_getfd = 438, process_madvise = 440, mount_setattr = 442,
        quotactl_fd = 443, landlock_create_ruleset = 444, process_mrelease = 448, rt_sigqueueinfo = 129, rt_tgsigqueueinfo = 297, fchmodat2 = 452;
}
