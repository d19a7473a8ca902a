// Measures payloads over one open connection against a bare clone3, exec and wait of the same program, in turns: each round runs both once. Times are from
// before the request (or the clone) to after the ending (or the wait), on the monotonic clock.
//
// open SOCKET UID ROUNDS PAUSE_MS PROGRAM: asks as UID, which must be a pilot. Prints NAME TAB sorted microseconds, separated by spaces.
// The protocol: docs/protocol.md.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int service, nothing;
static char frame[1 << 20];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void fail(const char *what) { perror(what); exit(1); }

static void ask(const char *json)
{
    char message[4096];
    uint32_t length = htonl(strlen(json));
    memcpy(message, &length, 4);
    memcpy(message + 4, json, strlen(json));
    if (write(service, message, 4 + strlen(json)) != (ssize_t)(4 + strlen(json))) fail("ask");
}

// Reads exactly that many bytes; a descriptor that comes with them is stored.
static void take(char *to, size_t count, int *passed)
{
    for (size_t have = 0; have < count;) {
        union { char bytes[CMSG_SPACE(2 * sizeof(int))]; struct cmsghdr align; } control;
        struct iovec part = { to + have, count - have };
        struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
        ssize_t got = recvmsg(service, &message, MSG_CMSG_CLOEXEC);
        if (got <= 0) fail("answer");
        struct cmsghdr *first = CMSG_FIRSTHDR(&message);
        if (first && first->cmsg_type == SCM_RIGHTS) memcpy(passed, CMSG_DATA(first), sizeof(int));
        have += got;
    }
}

// The next answer, which must be of that type.
static void hear(const char *type, int *passed)
{
    uint32_t length;
    char wanted[64];
    take((char *)&length, 4, passed);
    length = ntohl(length);
    if (length >= sizeof frame) { errno = 0; fprintf(stderr, "a long answer\n"); exit(1); }
    take(frame, length, passed);
    frame[length] = 0;
    snprintf(wanted, sizeof wanted, "\"type\":\"%s\"", type);
    if (!strstr(frame, wanted)) { fprintf(stderr, "not %s: %s\n", type, frame); exit(1); }
}

static double payload(const char *request)
{
    double start = now();
    int channel = -1, streams[3] = { nothing, nothing, nothing };
    ask(request);
    hear("entered", &channel);
    char kind[8] = { 1, 7 };
    union { char bytes[CMSG_SPACE(sizeof streams)]; struct cmsghdr align; } control = { 0 };
    struct iovec part = { kind, sizeof kind };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof streams), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(header), streams, sizeof streams);
    if (sendmsg(channel, &message, MSG_NOSIGNAL) != sizeof kind) fail("streams");
    hear("started", &channel);
    hear("ended", &channel);
    double end = now();
    if (!strstr(frame, "\"exitCode\":0") && !strstr(frame, "\"code\":0")) { fprintf(stderr, "%s\n", frame); exit(1); }
    close(channel);
    return end - start;
}

static double bare(char *program)
{
    struct clone_args args = { .exit_signal = SIGCHLD };
    double start = now();
    pid_t child = syscall(SYS_clone3, &args, sizeof args);
    if (child == 0) {
        execv(program, (char *[]){ program, NULL });
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) fail(program);
    return now() - start;
}

static int by_value(const void *a, const void *b) { double d = *(const double *)a - *(const double *)b; return (d > 0) - (d < 0); }

static void print(const char *name, double *times, int count)
{
    qsort(times, count, sizeof *times, by_value);
    printf("%s\t", name);
    for (int i = 0; i < count; i++) printf("%.1f%s", times[i], i + 1 < count ? " " : "\n");
}

static void encode(const char *text, char *to)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i += 3) {
        uint32_t three = (uint8_t)text[i] << 16 | (i + 1 < length ? (uint8_t)text[i + 1] << 8 : 0) | (i + 2 < length ? (uint8_t)text[i + 2] : 0);
        *to++ = digits[three >> 18];
        *to++ = digits[three >> 12 & 63];
        *to++ = i + 1 < length ? digits[three >> 6 & 63] : '=';
        *to++ = i + 2 < length ? digits[three & 63] : '=';
    }
    *to = 0;
}

int main(int argc, char **argv)
{
    if (argc != 6) return 2;
    uid_t uid = atoi(argv[2]);
    int rounds = atoi(argv[3]), pause = atoi(argv[4]), unused = -1;
    double *ours = calloc(rounds, sizeof *ours), *peers = calloc(rounds, sizeof *peers);
    if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)) fail("become the pilot");
    nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    service = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[1]);
    if (connect(service, (struct sockaddr *)&address, sizeof address)) fail("connect");
    char word[512], request[1024];
    encode(argv[5], word);
    snprintf(request, sizeof request, "{\"type\":\"run\",\"command\":[\"%s\"]}", word);
    ask("{\"type\":\"hello\",\"version\":1}");
    hear("hello", &unused);
    payload(request); // the first finds no room in stock
    for (int i = 0; i < rounds; i++) {
        usleep(pause * 1000);
        ours[i] = payload(request);
        usleep(pause * 1000);
        peers[i] = bare(argv[5]);
    }
    print("payload, connection open", ours, rounds);
    print("clone3 + exec", peers, rounds);
    return 0;
}
