// What a payload's calls are answered, one "name errno" a line; 0 is success.
//   calls refused NUMBER…   each of these calls, with arguments that no kernel takes
//   calls judged            calls that are refused for some arguments only
//   calls allowed           what ordinary programs do
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

static void tell(const char *name, long error) { printf("%s %ld\n", name, error); }
static long of(long result) { return result == -1 ? errno : 0; }
static long when(int holds) { return holds ? 0 : 255; }

// What a child says with its exit code.
static long child(int (*body)(void))
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) _exit(body());
    if (pid < 0 || waitpid(pid, &status, 0) != pid) return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static long raw_clone(unsigned long flags)
{
    long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) _exit(0);
    if (pid > 0) waitpid(pid, NULL, 0);
    return of(pid);
}

static void judged(void)
{
    static const struct { const char *name; int family; } families[] =
        { { "af-ax25", 3 }, { "af-key", 15 }, { "af-packet", 17 }, { "af-rds", 21 }, { "af-can", 29 }, { "af-tipc", 30 }, { "af-bluetooth", 31 },
          { "af-alg", 38 }, { "af-vsock", 40 }, { "af-xdp", 44 } };
    for (unsigned i = 0; i < sizeof families / sizeof *families; i++) tell(families[i].name, of(socket(families[i].family, SOCK_DGRAM, 0)));
    int two[2];
    tell("socketpair-tipc", of(socketpair(30, SOCK_STREAM, 0, two)));

    static const struct { const char *name; unsigned long flag; } spaces[] =
        { { "mount", CLONE_NEWNS }, { "cgroup", CLONE_NEWCGROUP }, { "uts", CLONE_NEWUTS }, { "ipc", CLONE_NEWIPC }, { "user", CLONE_NEWUSER },
          { "pid", CLONE_NEWPID }, { "net", CLONE_NEWNET } };
    for (unsigned i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        printf("clone-"); tell(spaces[i].name, raw_clone(spaces[i].flag));
        printf("unshare-"); tell(spaces[i].name, of(syscall(SYS_unshare, spaces[i].flag)));
        printf("unshare-user-and-"); tell(spaces[i].name, of(syscall(SYS_unshare, spaces[i].flag | CLONE_NEWUSER)));
    }
    tell("unshare-time", of(syscall(SYS_unshare, 0x80ul)));

    // On /dev/null a request that passes is ENOTTY.
    int null = open("/dev/null", O_RDWR);
    tell("ioctl-tcgets-enotty", of(syscall(SYS_ioctl, null, 0x5401ul, 0)));
    tell("tiocsti", of(syscall(SYS_ioctl, null, 0x5412ul, "x")));
    tell("tiocsti-upper", of(syscall(SYS_ioctl, null, 0x100005412ul, "x")));
    tell("tiocsti-sign", of(syscall(SYS_ioctl, null, 0xffffffff00005412ul, "x")));
    tell("tioclinux", of(syscall(SYS_ioctl, null, 0x541cul, "x")));
    tell("tioclinux-upper", of(syscall(SYS_ioctl, null, 0x80000000541cul, "x")));
    tell("tiocsetd", of(syscall(SYS_ioctl, null, 0x5423ul, "x")));

    tell("personality-linux32", of(syscall(SYS_personality, 8ul)));
    tell("personality-read-implies-exec", of(syscall(SYS_personality, 0x400000ul)));
    tell("personality-mmap-page-zero", of(syscall(SYS_personality, 0x100000ul)));

    struct mq_attr queue = { .mq_maxmsg = 1, .mq_msgsize = 8 };
    tell("mq-open-setuid", of(syscall(SYS_mq_open, "iso-calls", O_CREAT | O_RDWR, 04700, &queue)));
    tell("number-500-enosys", of(syscall(500)));
    tell("number-1023-enosys", of(syscall(1023)));
}

static void *thread(void *at) { *(int *)at = 1; return NULL; }
static int tmp(void) { char name[] = "calls-XXXXXX"; int fd = mkstemp(name); unlink(name); return fd; }
static int file_with(const char *text) { int fd = tmp(); if (write(fd, text, strlen(text)) < 0) return -1; lseek(fd, 0, SEEK_SET); return fd; }

static int landlocked(void)
{
    struct landlock_ruleset_attr attributes = { .handled_access_fs = LANDLOCK_ACCESS_FS_WRITE_FILE };
    int set = syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (set < 0) return errno;
    if (syscall(SYS_landlock_restrict_self, set, 0)) return errno;
    return open("calls-landlock", O_CREAT | O_WRONLY, 0600) == -1 && errno == EACCES ? 0 : 255;
}

static int confined(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 77), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
    struct sock_fprog program = { 4, code };
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) return errno;
    return syscall(SYS_getppid) == -1 && errno == 77 ? 0 : 255;
}

static int traced(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) { ptrace(PTRACE_TRACEME, 0, 0, 0); raise(SIGSTOP); _exit(7); }
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) return 255;
    if (ptrace(PTRACE_CONT, pid, 0, 0)) return errno;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7 ? 0 : 254;
}

static int grouped(void) { return setpgid(0, 0) ? errno : getpgrp() == getpid() ? 0 : 255; }
static int sessioned(void) { return setsid() < 0 ? errno : 0; }
static int signalled(void) { pid_t c = fork(); if (c == 0) { pause(); _exit(0); } int s; if (kill(c, SIGTERM)) return errno; return waitpid(c, &s, 0) == c && WIFSIGNALED(s) ? 0 : 255; }
static int unshared(void) { return unshare(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM) ? errno : 0; }
static int limited(void) { struct rlimit l; getrlimit(RLIMIT_NOFILE, &l); l.rlim_cur = 64; return setrlimit(RLIMIT_NOFILE, &l) ? errno : 0; }
static int own_ids(void) { return setresuid(getuid(), getuid(), getuid()) || setresgid(getgid(), getgid(), getgid()) ? errno : 0; }
static int cpu_kept(void) { cpu_set_t set; return sched_getaffinity(0, sizeof set, &set) || sched_setaffinity(0, sizeof set, &set) ? errno : 0; }

static long talk(int family, int type, struct sockaddr *address, socklen_t length)
{
    int server = socket(family, type, 0), client = socket(family, type, 0);
    char byte;
    if (server < 0 || client < 0 || bind(server, address, length) || (type != SOCK_DGRAM && listen(server, 1))) return errno;
    getsockname(server, address, &length);
    if (connect(client, address, length)) return errno;
    int peer = type == SOCK_DGRAM ? server : accept4(server, NULL, NULL, SOCK_CLOEXEC);
    if (send(client, "x", 1, 0) != 1 || recv(peer, &byte, 1, 0) != 1) return errno;
    close(server); close(client); if (peer != server) close(peer);
    return 0;
}

static void allowed(void)
{
    int done = 0, two[2], number;
    char buffer[64];
    pthread_t id;
    long error = pthread_create(&id, NULL, thread, &done);
    tell("thread", error ? error : (pthread_join(id, NULL), when(done)));
    pid_t pid; char *arguments[] = { "true", NULL }; char *environment[] = { NULL };
    tell("posix-spawn", posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environment));
    tell("waitpid", of(waitpid(pid, &number, 0)));
    pid = vfork(); if (pid == 0) _exit(0);
    tell("vfork", of(pid)); waitpid(pid, NULL, 0);
    tell("clone-thread-flags", raw_clone(CLONE_FS | CLONE_FILES));
    tell("process-group", child(grouped)); tell("session", child(sessioned)); tell("signal-own-child", child(signalled));
    tell("unshare-files", child(unshared)); tell("setrlimit", child(limited)); tell("own-ids", child(own_ids)); tell("affinity", child(cpu_kept));
    tell("kill-own-group", of(kill(0, 0)));
    int process = syscall(SYS_pidfd_open, getpid(), 0);
    tell("pidfd-open", of(process)); tell("pidfd-send-signal", of(syscall(SYS_pidfd_send_signal, process, 0, NULL, 0)));

    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    tell("tcp", talk(AF_INET, SOCK_STREAM, (struct sockaddr *)&v4, sizeof v4)); v4.sin_port = 0;
    tell("udp", talk(AF_INET, SOCK_DGRAM, (struct sockaddr *)&v4, sizeof v4));
    struct sockaddr_un path = { .sun_family = AF_UNIX, .sun_path = "calls-socket" };
    tell("unix", talk(AF_UNIX, SOCK_STREAM, (struct sockaddr *)&path, sizeof path)); unlink("calls-socket");
    struct sockaddr_un abstract = { .sun_family = AF_UNIX };
    snprintf(abstract.sun_path + 1, 32, "calls-%d", getpid());
    tell("unix-abstract-own", talk(AF_UNIX, SOCK_STREAM, (struct sockaddr *)&abstract, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(abstract.sun_path + 1)));
    tell("socketpair", of(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, two)));
    tell("netlink", of(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)));

    struct epoll_event event = { .events = EPOLLIN };
    int wakes = eventfd(1, 0), all = epoll_create1(0);
    tell("eventfd", of(wakes)); tell("epoll-ctl", of(epoll_ctl(all, EPOLL_CTL_ADD, wakes, &event))); tell("epoll-wait", when(epoll_wait(all, &event, 1, 1000) == 1));
    number = inotify_init1(0); tell("inotify", of(inotify_add_watch(number, ".", IN_CREATE)));
    struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
    number = timerfd_create(CLOCK_MONOTONIC, 0); tell("timerfd", of(timerfd_settime(number, 0, &soon, NULL))); tell("timerfd-read", when(read(number, buffer, 8) == 8));
    timer_t timer; struct sigevent none = { .sigev_notify = SIGEV_NONE };
    tell("timer-create", of(timer_create(CLOCK_MONOTONIC, &none, &timer))); tell("timer-settime", of(timer_settime(timer, 0, &soon, NULL)));
    sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR1);
    tell("signalfd", of(signalfd(-1, &set, 0)));
    struct timespec nap = { .tv_nsec = 1000 }; tell("clock-nanosleep", clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL));
    struct timex clock = { 0 }; tell("adjtimex-read", adjtimex(&clock) < 0 ? errno : 0);

    sem_t *named = sem_open("/iso-calls", O_CREAT | O_EXCL, 0600, 1);
    tell("sem-open", named == SEM_FAILED ? errno : of(sem_wait(named))); sem_unlink("/iso-calls");
    number = shm_open("/iso-calls", O_CREAT | O_RDWR | O_EXCL, 0600); tell("shm-open", of(number)); shm_unlink("/iso-calls");
    number = shmget(IPC_PRIVATE, 4096, 0600); tell("shmget", of(number)); tell("shmat", of((long)shmat(number, NULL, 0))); shmctl(number, IPC_RMID, NULL);
    number = semget(IPC_PRIVATE, 1, 0600); tell("semget", of(number)); struct sembuf up = { .sem_op = 1 }; tell("semop", of(semop(number, &up, 1))); semctl(number, 0, IPC_RMID);
    number = msgget(IPC_PRIVATE, 0600); tell("msgget", of(number)); msgctl(number, IPC_RMID, NULL);
    struct mq_attr queue = { .mq_maxmsg = 1, .mq_msgsize = 8 };
    mqd_t messages = mq_open("/iso-calls", O_CREAT | O_RDWR | O_EXCL, 0600, &queue); tell("mq-open", of(messages)); tell("mq-send", of(mq_send(messages, "x", 1, 0))); mq_unlink("/iso-calls");

    number = memfd_create("calls", 0); tell("memfd", of(number));
    tell("futex-wake", of(syscall(SYS_futex, &done, FUTEX_WAKE, 1, NULL, NULL, 0)));
    tell("membarrier", of(syscall(SYS_membarrier, 0, 0, 0)));
    prctl(PR_SET_NAME, "renamed"); prctl(PR_GET_NAME, buffer); tell("prctl-name", when(strcmp(buffer, "renamed") == 0));
    tell("rseq-registered-einval", of(syscall(SYS_rseq, NULL, 0, 0, 0)));
    char mine[] = "mine", theirs[5] = ""; struct iovec from = { mine, 5 }, to = { theirs, 5 };
    tell("process-vm-readv", of(process_vm_readv(getpid(), &to, 1, &from, 1, 0)));
    tell("ptrace", child(traced));
    tell("personality-query", of(syscall(SYS_personality, 0xfffffffful))); tell("personality-no-randomize", of(syscall(SYS_personality, (unsigned long)ADDR_NO_RANDOMIZE)));
    tell("personality-plain", of(syscall(SYS_personality, 0ul)));
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    tell("mmap", page == MAP_FAILED ? errno : 0); tell("mlock", of(mlock(page, 4096))); tell("mprotect", of(mprotect(page, 4096, PROT_READ)));
    unsigned long context = 0; tell("io-setup", of(syscall(SYS_io_setup, 1, &context))); tell("io-destroy", of(syscall(SYS_io_destroy, context)));

    int source = file_with("hello"), target = tmp();
    tell("copy-file-range", when(copy_file_range(source, NULL, target, NULL, 5, 0) == 5));
    lseek(source, 0, SEEK_SET); pipe2(two, 0);
    tell("splice", when(splice(source, NULL, two[1], NULL, 5, 0) == 5));
    lseek(source, 0, SEEK_SET); tell("sendfile", when(sendfile(target, source, NULL, 5) == 5));
    struct statx facts; tell("statx", of(statx(AT_FDCWD, ".", 0, STATX_ALL, &facts)));
    tell("ftruncate", of(ftruncate(target, 10))); tell("fdatasync", of(fdatasync(target)));
    tell("flock", of(flock(target, LOCK_EX | LOCK_NB))); tell("fchmod-plain", of(fchmod(target, 0640))); tell("fchown-own", of(fchown(target, -1, getgid())));
    error = of(fsetxattr(target, "user.calls", "x", 1, 0)); tell("setxattr", error == EOPNOTSUPP ? 0 : error);
    tell("mkdir-sticky", of(mkdir("calls-directory", 01770))); tell("renameat2", of(renameat2(AT_FDCWD, "calls-directory", AT_FDCWD, "calls-renamed", RENAME_NOREPLACE))); rmdir("calls-renamed");
    tell("open-mode-unused", of(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 04755))); // glibc leaves what lies in the register
    tell("getrandom", when(syscall(SYS_getrandom, buffer, 8, 0) == 8)); tell("close-range", of(syscall(SYS_close_range, 900, 1000, 0)));
    tell("seccomp-own", child(confined));
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0) tell("landlock-own", child(landlocked));
}

int main(int count, char **values)
{
    if (count > 2 && strcmp(values[1], "refused") == 0)
        for (int i = 2; i < count; i++) tell(values[i], of(syscall(atoi(values[i]), -1l, -1l, -1l, -1l, -1l, -1l)));
    else if (count == 2 && strcmp(values[1], "judged") == 0) judged();
    else if (count == 2 && strcmp(values[1], "allowed") == 0) allowed();
    else return 64;
    return 0;
}
