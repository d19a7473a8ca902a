// One behaviour of the kernel a subcommand, each a T line of the list of kernel traps. Prints "ok", "skip REASON", or what was seen.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FAIL(...) do { printf(__VA_ARGS__); printf(" (errno %d, line %d)\n", errno, __LINE__); exit(1); } while (0)
#define NEED(x) do { if (!(x)) FAIL("%s", #x); } while (0)

static int64_t now_ms(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000 + t.tv_nsec / 1000000; }
static int pidfd_open_(pid_t pid) { return syscall(434, pid, 0); }

static void drop_to(uid_t uid, int keep_kill)
{
    if (keep_kill) prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    NEED(syscall(SYS_setgroups, 0, NULL) == 0 && syscall(SYS_setresgid, uid, uid, uid) == 0 && syscall(SYS_setresuid, uid, uid, uid) == 0);
    struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct d[2] = { { 0 } };
    if (keep_kill) d[0].effective = d[0].permitted = 1u << CAP_KILL;
    NEED(syscall(SYS_capset, &h, d) == 0);
}

static const char *leaf(const char *root, const char *name)
{
    static char path[2][512]; static int n;
    char *p = path[n++ & 1];
    snprintf(p, 512, "%s/%s-%d", root, name, getpid());
    NEED(mkdir(p, 0755) == 0);
    return p;
}

static int in(const char *dir, const char *file, int flags) { char p[600]; snprintf(p, 600, "%s/%s", dir, file); return open(p, flags | O_CLOEXEC); }

static void put(const char *dir, const char *file, const char *text)
{
    int fd = in(dir, file, O_WRONLY);
    NEED(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static int populated(const char *dir)
{
    char b[256] = { 0 }; int fd = in(dir, "cgroup.events", O_RDONLY);
    NEED(fd >= 0 && read(fd, b, 255) > 0); close(fd);
    return strstr(b, "populated 1") != NULL;
}

static void held_channel(void)
{
    int pair[2], ready[2];
    NEED(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0 && pipe(ready) == 0);
    pid_t client = fork(), child;
    if (client == 0) {
        close(pair[0]);
        if (fork() == 0) { child = getpid(); write(ready[1], &child, sizeof child); close(ready[1]); for (;;) pause(); }
        for (;;) pause();
    }
    close(pair[1]); close(ready[1]);
    int process = pidfd_open_(client);
    NEED(process >= 0 && read(ready[0], &child, sizeof child) == sizeof child);
    kill(client, SIGKILL);
    struct pollfd p = { process, POLLIN, 0 };
    NEED(poll(&p, 1, 1000) == 1);
    struct pollfd q = { pair[0], POLLIN, 0 };
    int quiet = poll(&q, 1, 300) == 0; // no end of file: the child holds the other end
    kill(child, SIGKILL);
    waitpid(client, NULL, 0);
    waitpid(child, NULL, 0);
    NEED(quiet && poll(&q, 1, 1000) == 1);
}

static void reap_orphans(void) { prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

static volatile pid_t made;
static void *make_child(void *unused)
{
    made = fork();
    if (made == 0) { prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); pause(); }
    usleep(100000);
    return NULL;
}

static void parent_death_follows_thread(void)
{
    pthread_t t; int status;
    pthread_create(&t, NULL, make_child, NULL);
    while (!made) usleep(1000);
    int fd = pidfd_open_(made);
    pthread_join(t, NULL);
    struct pollfd p = { fd, POLLIN, 0 };
    NEED(poll(&p, 1, 2000) == 1);
    NEED(waitpid(made, &status, 0) == made && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void parent_death_cleared_by_setresuid(void)
{
    pid_t child = fork(); int status;
    if (child == 0) {
        int sig = -1;
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        syscall(SYS_setresuid, 65534, 65534, 65534);
        prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0);
        _exit(sig);
    }
    NEED(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 0);
}

static void peer_credentials_outlive_their_process(void)
{
    struct sockaddr_un a = { AF_UNIX }; snprintf(a.sun_path + 1, 90, "iso-trap-%d", getpid());
    int l = socket(AF_UNIX, SOCK_STREAM, 0); struct ucred u; socklen_t n = sizeof u; int fd = -1;
    NEED(bind(l, (void *)&a, sizeof a) == 0 && listen(l, 4) == 0);
    pid_t child = fork();
    if (child == 0) { int s = socket(AF_UNIX, SOCK_STREAM, 0); connect(s, (void *)&a, sizeof a); _exit(0); }
    waitpid(child, NULL, 0);
    int s = accept(l, NULL, NULL);
    NEED(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &u, &n) == 0 && u.pid == child && kill(child, 0) == -1 && errno == ESRCH);
    n = sizeof fd;
    if (getsockopt(s, SOL_SOCKET, 77, &fd, &n) == 0) { struct pollfd p = { fd, POLLIN, 0 }; NEED(poll(&p, 1, 0) == 1); }
    else NEED(errno == ENOPROTOOPT || errno == ESRCH || errno == EINVAL || errno == ENODATA);
}

static void kill_file_opened_before(const char *root)
{
    const char *dir = leaf(root, "iso-trap-kill"); int status;
    int killfd = in(dir, "cgroup.kill", O_WRONLY);
    pid_t victim = fork();
    if (victim == 0) { put(dir, "cgroup.procs", "0"); drop_to(2000001, 0); for (;;) pause(); }
    while (!populated(dir)) usleep(1000);
    usleep(50000);
    pid_t killer = fork();
    if (killer == 0) {
        drop_to(2000000, 1);
        if (in(dir, "cgroup.freeze", O_WRONLY) != -1 || errno != EACCES) _exit(2);
        if (rmdir(dir) != -1 || errno != EACCES) _exit(3);
        if (write(killfd, "1", 1) != 1) _exit(4);
        _exit(0);
    }
    NEED(waitpid(killer, &status, 0) == killer && WIFEXITED(status));
    kill(victim, SIGKILL); // only matters when the test has failed
    int code = WEXITSTATUS(status), end;
    NEED(waitpid(victim, &end, 0) == victim);
    while (rmdir(dir) != 0 && errno == EBUSY) usleep(1000);
    NEED(code == 0 && WTERMSIG(end) == SIGKILL);
}

static void frozen_can_be_killed(const char *root)
{
    const char *dir = leaf(root, "iso-trap-frozen");
    pid_t child = fork(); int status;
    if (child == 0) { put(dir, "cgroup.procs", "0"); for (;;) pause(); }
    while (!populated(dir)) usleep(1000);
    put(dir, "cgroup.freeze", "1");
    put(dir, "cgroup.kill", "1");
    int64_t start = now_ms();
    NEED(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGKILL && now_ms() - start < 2000);
    while (populated(dir)) usleep(1000);
    NEED(rmdir(dir) == 0);
}

static void reaped_pid_cannot_be_moved(const char *root)
{
    const char *dir = leaf(root, "iso-trap-reaped"); char text[20];
    pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, NULL, 0);
    snprintf(text, 20, "%d", child);
    int fd = in(dir, "cgroup.procs", O_WRONLY);
    ssize_t wrote = write(fd, text, strlen(text)); int error = errno;
    NEED(rmdir(dir) == 0);
    NEED(wrote == -1 && error == ESRCH);
}

static void tasks_zero_is_the_writer(const char *v1)
{
    const char *dir = leaf(v1, "iso-trap-tasks"); int status, there[2]; char c, text[4096] = { 0 };
    int tasks = in(dir, "tasks", O_WRONLY);
    pipe(there);
    pid_t child = fork();
    if (child == 0) {
        drop_to(2000000, 0); // opened by root: in whoever's hands
        int64_t start = now_ms();
        if (write(tasks, "0", 1) != 1) _exit(2);
        write(there[1], now_ms() - start < 5 ? "q" : "s", 1);
        pause();
    }
    NEED(read(there[0], &c, 1) == 1);
    int fd = in(dir, "tasks", O_RDONLY);
    ssize_t length = read(fd, text, 4095);
    kill(child, SIGKILL); waitpid(child, &status, 0);
    while (rmdir(dir) != 0 && errno == EBUSY) usleep(1000);
    NEED(length > 0 && atoi(text) == child);
}

static void bounding_set_after_setresuid(void)
{
    pid_t child = fork(); int status;
    if (child == 0) { syscall(SYS_setresuid, 65534, 65534, 65534); _exit(prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0) == -1 ? errno : 0); }
    NEED(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == EPERM);
}

static void clear_sighand_keeps_ignored_and_mask(void)
{
    signal(SIGPIPE, SIG_IGN); signal(SIGUSR1, (void (*)(int))exit);
    sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR2); sigprocmask(SIG_BLOCK, &set, NULL);
    struct clone_args args = { .flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD }; int status;
    pid_t child = syscall(SYS_clone3, &args, sizeof args);
    if (child == 0) {
        struct sigaction pipe_, usr1; sigset_t now;
        sigaction(SIGPIPE, NULL, &pipe_); sigaction(SIGUSR1, NULL, &usr1); sigprocmask(SIG_BLOCK, NULL, &now);
        _exit((pipe_.sa_handler == SIG_IGN) | (usr1.sa_handler == SIG_DFL) << 1 | sigismember(&now, SIGUSR2) << 2);
    }
    NEED(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
}

static void session_keyring_is_inherited(void)
{
    pid_t child = fork(); int status;
    if (child == 0) {
        if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0) _exit(10);
        if (syscall(SYS_add_key, "user", "iso-trap", "secret", 6, KEY_SPEC_SESSION_KEYRING) < 0) _exit(11);
        pid_t inner = fork();
        if (inner == 0) {
            char b[16];
            long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "iso-trap", 0);
            int before = key > 0 && syscall(SYS_keyctl, KEYCTL_READ, key, b, 16) == 6;
            syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
            key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "iso-trap", 0);
            _exit(before && key == -1 ? 0 : 12);
        }
        waitpid(inner, &status, 0);
        _exit(WEXITSTATUS(status));
    }
    NEED(waitpid(child, &status, 0) == child);
    if (WEXITSTATUS(status) == 10 || WEXITSTATUS(status) == 11) { printf("skip this kernel has no keyrings\n"); exit(0); }
    NEED(WEXITSTATUS(status) == 0);
}

static void leaked_directory_shows_in_getcwd(void)
{
    char dir[] = "/tmp/iso-trap-XXXXXX", cwd[4096]; int status;
    NEED(mkdtemp(dir));
    pid_t child = fork();
    if (child == 0) {
        int outside = open("/usr", O_RDONLY | O_DIRECTORY);
        if (chroot(dir) || fchdir(outside) || syscall(SYS_getcwd, cwd, 4096) < 0) _exit(2);
        _exit(cwd[0] == '/' ? 3 : 0);
    }
    waitpid(child, &status, 0); rmdir(dir);
    NEED(WEXITSTATUS(status) == 0);
}

static void path_descriptor_proves_no_access(void)
{
    char dir[] = "/tmp/iso-trap-XXXXXX"; int status;
    NEED(mkdtemp(dir) && chmod(dir, 0700) == 0);
    pid_t child = fork();
    if (child == 0) {
        drop_to(2000000, 0);
        if (open(dir, O_RDONLY) != -1) _exit(2);
        _exit(open(dir, O_PATH) >= 0 ? 0 : 3);
    }
    waitpid(child, &status, 0); rmdir(dir);
    NEED(WEXITSTATUS(status) == 0);
}

static void *no_new_privs(void *unused) { prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); return NULL; }
static void no_new_privs_is_the_threads(void)
{
    pid_t child = fork(); int status;
    if (child == 0) {
        pthread_t t; pthread_create(&t, NULL, no_new_privs, NULL); pthread_join(t, NULL);
        _exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    }
    NEED(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 0);
}

// Between setresuid and exec a child is its account's to stop: whoever waits for its exec needs a deadline.
static void same_account_stops_the_child(void)
{
    pid_t child = fork(); int status;
    if (child == 0) { drop_to(4001, 0); pause(); _exit(0); }
    struct timespec moment = { 0, 50000000 }; nanosleep(&moment, NULL);
    pid_t other = fork();
    if (other == 0) { drop_to(4001, 0); _exit(kill(child, SIGSTOP) == 0 ? 0 : errno); }
    NEED(waitpid(other, &status, 0) == other && WEXITSTATUS(status) == 0);
    NEED(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    kill(child, SIGKILL); waitpid(child, &status, 0);
}

static int write_oom(const char *value) { int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); int ok = fd >= 0 && write(fd, value, strlen(value)) > 0; close(fd); return ok; }
static void payload_lowers_its_oom_score(void)
{
    struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 }; struct __user_cap_data_struct d[2];
    NEED(syscall(SYS_capget, &h, d) == 0);
    int may_set_floor = d[0].effective >> CAP_SYS_RESOURCE & 1;
    pid_t child = fork(); int status;
    if (child == 0) { if (!write_oom("500")) _exit(9); drop_to(4001, 0); prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); _exit(write_oom("100")); }
    NEED(waitpid(child, &status, 0) == child);
    // With CAP_SYS_RESOURCE the write sets the floor, too, below which only that capability goes.
    NEED(WEXITSTATUS(status) == !may_set_floor);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "", *at = argc > 2 ? argv[2] : "";
    reap_orphans();
    if (!strcmp(what, "held-channel")) held_channel();
    else if (!strcmp(what, "parent-death-thread")) parent_death_follows_thread();
    else if (!strcmp(what, "parent-death-setresuid")) parent_death_cleared_by_setresuid();
    else if (!strcmp(what, "peer-credentials")) peer_credentials_outlive_their_process();
    else if (!strcmp(what, "kill-opened-before")) kill_file_opened_before(at);
    else if (!strcmp(what, "kill-frozen")) frozen_can_be_killed(at);
    else if (!strcmp(what, "reaped-pid")) reaped_pid_cannot_be_moved(at);
    else if (!strcmp(what, "tasks-zero")) tasks_zero_is_the_writer(at);
    else if (!strcmp(what, "bounding-set")) bounding_set_after_setresuid();
    else if (!strcmp(what, "clear-sighand")) clear_sighand_keeps_ignored_and_mask();
    else if (!strcmp(what, "keyring")) session_keyring_is_inherited();
    else if (!strcmp(what, "getcwd")) leaked_directory_shows_in_getcwd();
    else if (!strcmp(what, "o-path")) path_descriptor_proves_no_access();
    else if (!strcmp(what, "no-new-privs")) no_new_privs_is_the_threads();
    else if (!strcmp(what, "stopped-child")) same_account_stops_the_child();
    else if (!strcmp(what, "oom-score")) payload_lowers_its_oom_score();
    else FAIL("no such trap: %s", what);
    printf("ok\n");
    return 0;
}
