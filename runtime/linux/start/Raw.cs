using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>
/// System calls without a garbage collector's transition: for the straight line between clone3 and exec, where only this
/// thread lives and nothing managed may run. Every import is called once beforehand (<see cref="Warm"/>), so that no call is bound late.
/// </summary>
internal static unsafe partial class Raw
{
    internal const int SYS_read = 0;
    internal const int SYS_close = 3;
    internal const int SYS_poll = 7;
    internal const int SYS_ioctl = 16;
    internal const int SYS_socket = 41;
    internal const int SYS_rt_sigaction = 13;
    internal const int SYS_rt_sigprocmask = 14;
    internal const int SYS_write = 1;
    internal const int SYS_pause = 34;
    internal const int SYS_getpid = 39;
    internal const int SYS_connect = 42;
    internal const int SYS_execve = 59;
    internal const int SYS_kill = 62;
    internal const int SYS_getcwd = 79;
    internal const int SYS_chdir = 80;
    internal const int SYS_umask = 95;
    internal const int SYS_getppid = 110;
    internal const int SYS_setsid = 112;
    internal const int SYS_setgroups = 116;
    internal const int SYS_setresuid = 117;
    internal const int SYS_setresgid = 119;
    internal const int SYS_setfsuid = 122;
    internal const int SYS_setfsgid = 123;
    internal const int SYS_capget = 125;
    internal const int SYS_capset = 126;
    internal const int SYS_setpriority = 141;
    internal const int SYS_sched_setscheduler = 144;
    internal const int SYS_prctl = 157;
    internal const int SYS_sched_setaffinity = 203;
    internal const int SYS_sched_getaffinity = 204;
    internal const int SYS_exit_group = 231;
    internal const int SYS_keyctl = 250;
    internal const int SYS_ioprio_set = 251;
    internal const int SYS_openat = 257;
    internal const int SYS_unshare = 272;
    internal const int SYS_dup3 = 292;
    internal const int SYS_prlimit64 = 302;
    internal const int SYS_setns = 308;
    internal const int SYS_seccomp = 317;
    internal const int SYS_execveat = 322;
    internal const int SYS_clone3 = 435;
    internal const int SYS_close_range = 436;
    internal const int SYS_landlock_create_ruleset = 444;
    internal const int SYS_landlock_restrict_self = 446;

    /// <summary>Makes every import's first call.</summary>
    internal static void Warm()
    {
        _ = Call(SYS_getpid, 0, 0, 0, 0, 0, 0);
        _ = *ErrnoLocation();
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    [SuppressGCTransition]
    internal static partial nint Call(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc", EntryPoint = "__errno_location")]
    [SuppressGCTransition]
    internal static partial int* ErrnoLocation();
}
