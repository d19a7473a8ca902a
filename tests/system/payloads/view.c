// Reports what a payload sees of itself, one "name value" a line. Static enough to run from anywhere.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char *name, long value) { printf("%s %ld\n", name, value); }
static long failed(long result) { return result == -1 ? errno : 0; }

static int signal_of_child(void (*body)(void))
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) { body(); _exit(0); }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

#ifdef __x86_64__
static void i386_entry(void) { long r; __asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory", "r8", "r9", "r10", "r11"); }
static void x32_entry(void) { syscall(0x40000000 + SYS_getpid); }
#endif

int main(void)
{
    // Before anything is opened: what is open, and what the signals are.
    int open_mask = 0;
    for (int fd = 0; fd < 4096; fd++) if (fcntl(fd, F_GETFD) != -1) open_mask |= fd < 30 ? 1 << fd : 1 << 30;
    tell("descriptors", open_mask);
    sigset_t mask; int blocked = 0, changed = 0;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int s = 1; s <= 64; s++) {
        struct sigaction action;
        if (sigismember(&mask, s) == 1) blocked++;
        if (sigaction(s, NULL, &action) == 0 && action.sa_handler != SIG_DFL) changed++;
    }
    tell("blocked-signals", blocked);
    tell("changed-signals", changed);
    tell("is-session-leader", getsid(0) == getpid());
    tell("is-group-leader", getpgrp() == getpid());
    tell("dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    tell("set-uid-root", failed(setresuid(0, 0, 0)));

    char file[64];
    snprintf(file, sizeof file, "iso-view-%d", getpid());
    int fd = open(file, O_CREAT | O_RDWR | O_EXCL, 0755);
    tell("create", failed(fd));
    tell("fchmod-setuid", failed(fchmod(fd, 04755)));
    tell("chmod-setgid", failed(chmod(file, 02755)));
    tell("fchmodat2-setuid", failed(syscall(452, AT_FDCWD, file, 04755, 0)));
    tell("open-setuid", failed(open("iso-view-suid", O_CREAT | O_WRONLY, 04755)));
    tell("open-tmpfile-setuid", failed(syscall(SYS_openat, AT_FDCWD, ".", O_TMPFILE | O_RDWR, 04755)));
    tell("mknod-setuid", failed(mknod("iso-view-node", S_IFREG | 04755, 0)));
    tell("creat-setuid", failed(syscall(SYS_creat, "iso-view-creat", 04755)));
    long how[3] = { O_CREAT | O_WRONLY, 04755, 0 };
    tell("openat2", failed(syscall(437, AT_FDCWD, "iso-view-openat2", how, sizeof how)));
    tell("clone3", failed(syscall(435, NULL, 0)));
    tell("io_uring_setup", failed(syscall(425, 1, how)));
    struct stat status;
    fstat(fd, &status);
    tell("mode-after", status.st_mode & 07777);
    unlink(file);
#ifdef __x86_64__
    tell("i386-signal", signal_of_child(i386_entry));
    tell("x32-signal", signal_of_child(x32_entry));
#endif
    return 0;
}
