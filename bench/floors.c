// Measures what one payload at `setuid private` costs as bare system calls: each step alone, one after the other as in a payload, once a round. Nothing of the
// service is in it: no check, no message's contents, no record's text. What a step of ours takes more than its floor is ours; the floor is the kernel's.
//
// floors ROUNDS STATE RUN: STATE is a directory on the file system of the records and scratches, RUN one on that of the tickets. As root.
// Prints NAME TAB sorted microseconds, separated by spaces; "# TEXT" for what this host lacks. Static: it is also the program that the client's step and the
// room's step execute ("nothing" ends at once; "resident" says that it is there, attaches what it is sent, and waits).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MaxSteps = 32, MaxLeaves = 8, Payload = 2999999, Line = 2048, Reserved = 1 << 20, MsRec = 16384, MsSlave = 1 << 19, MsNosuid = 2, MsNodev = 4, MsNoexec = 8 };
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct attributes { uint64_t set, clear, propagation, user; };

static struct { const char *name; double *times; } steps[MaxSteps];
static int count, round_number = -1, rounds;
static char leaves[MaxLeaves][128]; // the first one is v2
static int leaf_count;
static double began;

static void remove_leaves(void) { for (int i = 0; i < leaf_count; i++) rmdir(leaves[i]); }

static void fail(const char *what, ...)
{
    va_list arguments;
    int error = errno;
    va_start(arguments, what);
    fprintf(stderr, "floors: ");
    vfprintf(stderr, what, arguments);
    fprintf(stderr, ": %s\n", strerror(error));
    remove_leaves();
    exit(1);
}

static int checked(long result, const char *what) { if (result < 0) fail("%s", what); return (int)result; }

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void begin(void) { began = now(); }

static void end(const char *name)
{
    double time = now() - began;
    int s = 0;
    while (s < count && steps[s].name != name) s++;
    if (s == count) {
        steps[count].name = name;
        steps[count++].times = calloc((size_t)rounds, sizeof(double));
    }
    if (round_number >= 0) steps[s].times[round_number] = time;
}

static long clone3(struct clone_args *args) { return syscall(SYS_clone3, args, sizeof *args); }

static void write_file(int directory, const char *name, const void *bytes, size_t length)
{
    int file = checked(openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), name);
    if (write(file, bytes, length) != (ssize_t)length) fail("write %s", name);
    close(file);
}

static void put(const char *leaf, const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", leaf, name);
    int file = checked(open(path, O_WRONLY | O_CLOEXEC), path);
    if (write(file, text, strlen(text)) < 0) fail("write %s", path);
    close(file);
}

static int has(const char *leaf, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", leaf, name);
    return access(path, F_OK) == 0;
}

// A file system of its own, attached nowhere; options are NAME, VALUE, …, NULL.
static int new_mount(const char *type, unsigned attributes, ...)
{
    va_list options;
    int context = checked(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), "fsopen");
    va_start(options, attributes);
    for (const char *name; (name = va_arg(options, const char *));)
        checked(syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, name, va_arg(options, const char *), 0), name);
    va_end(options);
    checked(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "fsconfig create");
    int mount = checked(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes), "fsmount");
    close(context);
    return mount;
}

static void attach(int mount, const char *at) { checked(syscall(SYS_move_mount, mount, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH), at); }

static void set_attributes(int mount, uint64_t set)
{
    struct attributes attributes = { .set = set, .propagation = 1 << 18 /* MS_PRIVATE */ };
    checked(syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes), "mount_setattr");
}

static void classic_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *options)
{
    checked(syscall(SYS_mount, source, target, type, flags, options), target);
}

static void wait_for(int pidfd)
{
    siginfo_t info;
    struct pollfd over = { .fd = pidfd, .events = POLLIN };
    checked(poll(&over, 1, -1), "poll");
    checked(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), "waitid");
    close(pidfd);
}

// ---- the resident of a room: descriptor 3 is its socket ----

static int resident(void)
{
    char byte = 'r';
    if (write(3, &byte, 1) != 1) return 1;
    for (;;) {
        union { struct cmsghdr header; char space[CMSG_SPACE(2 * sizeof(int))]; } control;
        struct iovec part = { &byte, 1 };
        struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
        if (recvmsg(3, &message, MSG_CMSG_CLOEXEC) <= 0) return 0;
        int mounts[2];
        memcpy(mounts, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof mounts);
        attach(mounts[0], "/mnt/scratch");
        attach(mounts[1], "/mnt/etc");
        for (int i = 0; i < 2; i++) {
            int source = checked(open(i ? "/mnt/etc/group" : "/mnt/etc/passwd", O_PATH | O_NOFOLLOW | O_CLOEXEC), "open");
            int copy = checked(syscall(SYS_open_tree, source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), "open_tree");
            attach(copy, i ? "/etc/group" : "/etc/passwd");
            close(source), close(copy);
        }
        close(mounts[0]), close(mounts[1]);
        if (write(3, &byte, 1) != 1) return 1;
    }
}

// ---- handing over ----

// Client, front, warden and resident as four processes that only pass messages on, as many and in such turns as for one payload: 6, 14 and 8 between each two.
enum { Asks = 3, AsksOfTheFront = 7, AsksOfTheWarden = 4, Message = 256 };
static int to_front;

static void answer(int from) { char message[Message] = { 0 }; if (write(from, message, sizeof message) != sizeof message) _exit(1); }

static int heard(int from) { char message[Message]; return read(from, message, sizeof message) > 0; }

static void ask_next(int next) { answer(next); if (!heard(next)) _exit(0); }

// Hears, asks the next one its share of what it is to ask for one payload, answers.
static int pass_on(int last, int each, int asks)
{
    int pair[2], ahead = -1;
    checked(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair");
    pid_t child = checked(fork(), "fork");
    if (child != 0) { close(pair[1]); return pair[0]; }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (last > 0) ahead = pass_on(last - 1, AsksOfTheFront, AsksOfTheWarden);
    for (int turn = 0; heard(pair[1]); turn = (turn + 1) % each) {
        for (int i = turn * asks / each; ahead >= 0 && i < (turn + 1) * asks / each; i++) ask_next(ahead);
        answer(pair[1]);
    }
    _exit(0);
}

static void hand_over(void)
{
    begin();
    for (int i = 0; i < Asks; i++) ask_next(to_front);
    end("12. 28 messages of 256 bytes: 6 between client and front, 14 between front and warden, 8 between warden and resident");
}

// ---- before the rounds ----

static int echo_server(struct sockaddr_un *address)
{
    int listener = checked(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    address->sun_family = AF_UNIX;
    socklen_t length = sizeof(sa_family_t) + (socklen_t)snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "iso-floors-%d", getpid()) + 1;
    checked(bind(listener, (struct sockaddr *)address, length), "bind");
    checked(listen(listener, 16), "listen");
    pid_t child = checked(fork(), "fork");
    if (child == 0) {
        char frame[512];
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (read(peer, frame, sizeof frame) > 0 && write(peer, frame, 256) == 256) close(peer);
        }
    }
    close(listener);
    return (int)length;
}

// The mount namespace that rooms are born from, as a service's nursery: nothing of it is seen on the host.
static void make_nursery(void)
{
    static const char *nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
    int copies[6];
    checked(syscall(SYS_unshare, CLONE_NEWNS), "unshare");
    classic_mount(NULL, "/", NULL, MsRec | MsSlave, NULL);
    for (int i = 0; i < 6; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/%s", nodes[i]);
        copies[i] = checked(syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), path);
    }
    int dev = new_mount("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, "size", "64k", "mode", "755", NULL);
    mkdirat(dev, "pts", 0755), mkdirat(dev, "shm", 0755), mkdirat(dev, "mqueue", 0755);
    attach(dev, "/dev");
    for (int i = 0; i < 6; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/%s", nodes[i]);
        close(checked(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), path));
        attach(copies[i], path);
        close(copies[i]);
    }
    int base = new_mount("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, "size", "64k", "mode", "755", NULL);
    mkdirat(base, "scratch", 0755), mkdirat(base, "etc", 0755);
    attach(base, "/mnt");
    close(dev), close(base);
}

// Where controllers are in v1 hierarchies a payload without limits has a leaf in v2, for kill and proof, and one for its memory; a limit of processes is one more.
static void find_leaves(void)
{
    static const char *wanted[] = { "memory", "pids" };
    FILE *mounts = fopen("/proc/self/mounts", "r");
    char line[1024], type[32], place[256], options[512], unified[256] = "", v1[2][256] = { "", "" };
    while (mounts && fgets(line, sizeof line, mounts)) {
        if (sscanf(line, "%*s %255s %31s %511s", place, type, options) != 3) continue;
        if (strcmp(type, "cgroup2") == 0 && !*unified) strcpy(unified, place);
        for (int i = 0; i < 2; i++) if (strcmp(type, "cgroup") == 0 && strstr(options, wanted[i]) && !*v1[i]) strcpy(v1[i], place);
    }
    if (mounts) fclose(mounts);
    if (!*unified) fail("no cgroup2 is mounted");
    snprintf(leaves[leaf_count++], sizeof leaves[0], "%.80s/iso-floors-%d", unified, getpid());
    for (int i = 0; i < 2; i++)
        if (*v1[i]) snprintf(leaves[leaf_count++], sizeof leaves[0], "%.80s/iso-floors-%d", v1[i], getpid());
        else printf("# no v1 hierarchy has %s: its limit is written to the v2 leaf, where that has the controller\n", wanted[i]);
}

// ---- one payload ----

static void client(char *self)
{
    char *words[] = { "nothing", NULL }, *none[] = { NULL };
    int pidfd = -1;
    struct clone_args args = { .flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD };
    begin();
    pid_t child = checked(clone3(&args), "clone3");
    if (child == 0) { execve(self, words, none); _exit(127); }
    wait_for(pidfd);
    end("1. clone3, execve of a static program that does nothing, waitid");
}

static void ask(const struct sockaddr_un *address, int length)
{
    char frame[256] = { 0 };
    begin();
    int connection = checked(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    checked(connect(connection, (const struct sockaddr *)address, (socklen_t)length), "connect");
    if (write(connection, frame, sizeof frame) != sizeof frame || read(connection, frame, sizeof frame) <= 0) fail("the echo");
    close(connection);
    end("2. connect to another process, 256 bytes there and back, close");
}

static void ticket(int run)
{
    char text[1200];
    memset(text, 't', sizeof text);
    begin();
    checked(mkdirat(run, "ticket", 0700), "mkdir");
    int room = checked(openat(run, "ticket", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "open");
    write_file(room, "ticket.new", text, sizeof text);
    checked(renameat(room, "ticket.new", room, "ticket"), "rename");
    end("3a. ticket: mkdir, open, write, rename");
    begin();
    write_file(room, "ticket.new", text, sizeof text);
    checked(renameat(room, "ticket.new", room, "ticket"), "rename");
    end("3b. ticket written again: open, write, rename");
    begin();
    unlinkat(room, "ticket", 0);
    checked(unlinkat(run, "ticket", AT_REMOVEDIR), "rmdir");
    close(room);
    end("3c. ticket removed");
}

// Returns the room's pidfd; its socket in *control.
static int room(int program, int *control)
{
    char *words[] = { "resident", NULL }, *none[] = { NULL }, byte;
    int pair[2], pidfd = -1;
    begin();
    int own[3];
    for (int i = 0; i < 3; i++) own[i] = new_mount("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, "size", "64m", "nr_inodes", "16400", "mode", "1777", NULL);
    int pts = new_mount("devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, "ptmxmode", "0666", "mode", "0620", "gid", "5", NULL);
    end("4a. three tmpfs and a devpts, attached nowhere: fsopen, fsconfig, fsmount");
    begin();
    checked(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
    struct clone_args args = {
        .flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD,
    };
    pid_t child = checked(clone3(&args), "clone3");
    if (child == 0) {
        classic_mount(NULL, "/", NULL, MsRec | MsSlave, NULL);
        attach(own[0], "/tmp"), attach(own[1], "/var/tmp"), attach(own[2], "/dev/shm"), attach(pts, "/dev/pts");
        classic_mount("proc", "/proc", "proc", MsNosuid | MsNodev | MsNoexec, "hidepid=2");
        syscall(SYS_mount, "mqueue", "/dev/mqueue", "mqueue", MsNosuid | MsNodev | MsNoexec, "");
        setsid();
        dup2(pair[1], 3);
        fcntl(3, F_SETFD, 0);
        syscall(SYS_execveat, program, "", words, none, AT_EMPTY_PATH);
        _exit(127);
    }
    close(pair[1]);
    if (read(pair[0], &byte, 1) != 1) fail("the room's resident did not come up");
    end("4b. clone3 with pid, mount and IPC namespaces, 6 mounts, execveat of a static program until it answers");
    for (int i = 0; i < 3; i++) close(own[i]);
    close(pts);
    *control = pair[0];
    return pidfd;
}

static int usual_leaves(void) { return leaf_count < 2 ? leaf_count : 2; }

static void make_leaves(void)
{
    begin();
    for (int i = 0; i < usual_leaves(); i++) checked(mkdir(leaves[i], 0755), leaves[i]);
    end("5a. leaf: mkdir in v2, and in v1 memory where that is");
    begin();
    for (int i = usual_leaves(); i < leaf_count; i++) checked(mkdir(leaves[i], 0755), leaves[i]);
    for (int i = 0; i < leaf_count; i++) {
        if (has(leaves[i], "memory.limit_in_bytes")) put(leaves[i], "memory.limit_in_bytes", "1073741824");
        else if (has(leaves[i], "memory.max")) put(leaves[i], "memory.max", "1073741824");
        if (has(leaves[i], "pids.max")) put(leaves[i], "pids.max", "1000");
    }
    end("5b. with limits: mkdir in v1 pids where that is, memory and pids written");
}

static int scratch(int state)
{
    begin();
    checked(mkdirat(state, "scratch", 0700), "mkdir");
    int directory = checked(openat(state, "scratch", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "open");
    checked(fchown(directory, Payload, Payload), "fchown");
    end("6a. scratch: mkdir, open, fchown");
    return directory;
}

static void bring(int control, int scratch)
{
    char text[1500], byte = 'm';
    memset(text, 'p', sizeof text);
    begin();
    int files = new_mount("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, "size", "32m", "mode", "755", NULL);
    write_file(files, "passwd", text, sizeof text);
    write_file(files, "group", text, sizeof text / 2);
    set_attributes(files, MOUNT_ATTR_RDONLY);
    int mount = checked(syscall(SYS_open_tree, scratch, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), "open_tree");
    set_attributes(mount, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    end("7. a tmpfs with two small files, made read-only, and a mount of the scratch, attached nowhere");
    union { struct cmsghdr header; char space[CMSG_SPACE(2 * sizeof(int))]; } control_part = { 0 };
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control_part, .msg_controllen = sizeof control_part };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr) { .cmsg_len = CMSG_LEN(2 * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(header), (int[]) { mount, files }, 2 * sizeof(int));
    begin();
    if (sendmsg(control, &message, 0) != 1 || read(control, &byte, 1) != 1) fail("the room's resident did not attach");
    end("8. both sent to the resident, which attaches them and binds the two files, and its answer");
    close(files), close(mount);
}

static void record(int ledger, off_t at)
{
    char text[Line];
    memset(text, 'r', sizeof text);
    begin();
    if (pwrite(ledger, text, sizeof text, at) != sizeof text) fail("pwrite");
    checked(fdatasync(ledger), "fdatasync");
    end("9. record: 2 KiB written and fdatasync, in a file that was filled before");
}

static void payload(void)
{
    char *words[] = { "/bin/true", NULL }, *none[] = { NULL };
    int pidfd = -1, leaf = checked(open(leaves[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC), leaves[0]);
    int tasks[MaxLeaves] = { 0 };
    for (int i = 1; i < usual_leaves(); i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/tasks", leaves[i]);
        tasks[i] = checked(open(path, O_WRONLY | O_CLOEXEC), path);
    }
    struct clone_args args = {
        .flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD, .cgroup = (uint64_t)leaf,
    };
    begin();
    pid_t child = checked(clone3(&args), "clone3");
    if (child == 0) {
        for (int i = 1; i < usual_leaves(); i++) if (write(tasks[i], "0", 1) != 1) _exit(126);
        if (setsid() < 0 || syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, Payload, Payload, Payload) || syscall(SYS_setresuid, Payload, Payload, Payload)) _exit(126);
        execve(words[0], words, none);
        _exit(127);
    }
    wait_for(pidfd);
    end("10. clone3 into the leaf, v1 tasks, setresuid, execve of /bin/true, waitid");
    for (int i = 1; i < usual_leaves(); i++) close(tasks[i]);
    close(leaf);
}

static void remove_now(int first, int end)
{
    for (int i = first; i < end; i++) while (rmdir(leaves[i])) if (errno != EBUSY) fail("rmdir %s", leaves[i]);
}

static void tear_down(int room, int control, int state, int scratch)
{
    begin();
    checked(syscall(SYS_pidfd_send_signal, room, SIGKILL, NULL, 0), "kill");
    wait_for(room);
    end("11. the room's first process killed and waited for: its namespaces and mounts end");
    close(control);
    begin();
    remove_now(0, usual_leaves());
    end("5c. leaf removed");
    begin();
    remove_now(usual_leaves(), leaf_count);
    end("5d. with limits: v1 pids removed");
    begin();
    checked(unlinkat(state, "scratch", AT_REMOVEDIR), "rmdir");
    close(scratch);
    end("6b. scratch removed");
}

static double spent(const struct rusage *of) { return (of->ru_utime.tv_sec + of->ru_stime.tv_sec) * 1e6 + of->ru_utime.tv_usec + of->ru_stime.tv_usec; }

static int by_value(const void *a, const void *b) { double d = *(const double *)a - *(const double *)b; return (d > 0) - (d < 0); }

int main(int argc, char **argv)
{
    if (strcmp(argv[0], "nothing") == 0) return 0;
    if (strcmp(argv[0], "resident") == 0) return resident();
    if (argc != 4) return 2;
    rounds = atoi(argv[1]);
    char self[256];
    struct sockaddr_un address;
    self[checked(readlink("/proc/self/exe", self, sizeof self - 1), "readlink")] = 0;
    int run = checked(open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC), argv[3]); // before the nursery hides /dev/shm
    find_leaves();
    int length = echo_server(&address);
    int program = checked(open(self, O_PATH | O_CLOEXEC), self);
    make_nursery();
    int state = checked(open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC), argv[2]); // its mounts are copied, so it is of this namespace
    int ledger = checked(openat(state, "ledger", O_RDWR | O_CREAT | O_CLOEXEC, 0600), "ledger");
    char *filling = calloc(1, Reserved);
    if (write(ledger, filling, Reserved) != Reserved || fsync(ledger)) fail("ledger");
    to_front = pass_on(2, Asks, AsksOfTheFront);
    struct rusage used[2][2] = { 0 };
    const int warm = 3;
    for (int i = -warm; i < rounds; i++) {
        int control;
        round_number = i < 0 ? -1 : i;
        if (i == 0) getrusage(RUSAGE_SELF, &used[0][0]), getrusage(RUSAGE_CHILDREN, &used[0][1]);
        client(self);
        ask(&address, length);
        ticket(run);
        int pidfd = room(program, &control);
        make_leaves();
        int own = scratch(state);
        bring(control, own);
        record(ledger, (off_t)(i + warm) * Line % (Reserved - Line));
        payload();
        tear_down(pidfd, control, state, own);
    }
    getrusage(RUSAGE_SELF, &used[1][0]), getrusage(RUSAGE_CHILDREN, &used[1][1]);
    double processor = 0;
    for (int i = 0; i < 2; i++) processor += spent(&used[1][i]) - spent(&used[0][i]);
    printf("@processor\t%.0f\n", processor / rounds);
    for (round_number = -warm; round_number < rounds; round_number++) hand_over();
    unlinkat(state, "ledger", 0);
    for (int s = 0; s < count; s++) {
        qsort(steps[s].times, (size_t)rounds, sizeof(double), by_value);
        printf("%s\t", steps[s].name);
        for (int i = 0; i < rounds; i++) printf("%.1f ", steps[s].times[i]);
        printf("\n");
    }
    return 0;
}
