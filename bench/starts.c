// Measures how long it takes to start a program and see its end, for several ways of starting it, interleaved: each round runs every way once,
// so that what disturbs the machine disturbs all alike. Times are from before the clone to after the wait, on the monotonic clock.
//
// starts ROUNDS PAUSE_MS FILE: FILE has one way a line: NAME TAB UID (0: stays root) TAB words of the command, separated by tabs.
// Prints NAME TAB sorted microseconds, separated by spaces. Ends with an error when any run does not exit with 0.
#define _GNU_SOURCE
#include <grp.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MaxWays = 16, MaxWords = 32 };

struct way { char *name; unsigned uid; char *words[MaxWords + 1]; double *times; };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static double run(const struct way *way)
{
    struct clone_args args = { .exit_signal = SIGCHLD };
    double start = now();
    pid_t child = syscall(SYS_clone3, &args, sizeof args);
    if (child == 0) {
        if (way->uid != 0 && (setgroups(0, NULL) || setresgid(way->uid, way->uid, way->uid) || setresuid(way->uid, way->uid, way->uid)))
            _exit(126);
        execv(way->words[0], way->words);
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "%s failed: status %x\n", way->name, status);
        exit(1);
    }
    return now() - start;
}

static int by_value(const void *a, const void *b) { double d = *(const double *)a - *(const double *)b; return (d > 0) - (d < 0); }

int main(int argc, char **argv)
{
    static struct way ways[MaxWays];
    static char line[4096];
    int count = 0, rounds = atoi(argv[1]), pause = atoi(argv[2]);
    FILE *file = argc == 4 ? fopen(argv[3], "r") : NULL;
    if (!file) return 2;
    while (count < MaxWays && fgets(line, sizeof line, file)) {
        struct way *way = &ways[count++];
        char *save, *text = strdup(line);
        text[strcspn(text, "\n")] = 0;
        way->name = strtok_r(text, "\t", &save);
        way->uid = (unsigned)atoi(strtok_r(NULL, "\t", &save));
        for (int i = 0; i < MaxWords && (way->words[i] = strtok_r(NULL, "\t", &save)); i++) { }
        way->times = calloc((size_t)rounds, sizeof(double));
    }
    for (int warm = 0; warm < 5; warm++) for (int w = 0; w < count; w++) run(&ways[w]);
    for (int round = 0; round < rounds; round++)
        for (int w = 0; w < count; w++) {
            if (pause) usleep((useconds_t)pause * 1000);
            // Not always in the same order: what comes first in a round is another one each time.
            struct way *way = &ways[(w + round) % count];
            way->times[round] = run(way);
        }
    for (int w = 0; w < count; w++) {
        qsort(ways[w].times, (size_t)rounds, sizeof(double), by_value);
        printf("%s\t", ways[w].name);
        for (int i = 0; i < rounds; i++) printf("%.1f ", ways[w].times[i]);
        printf("\n");
    }
    return 0;
}
