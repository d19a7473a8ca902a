using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>Waiting, time and timers.</summary>
internal static class WaitingCalls
{
    internal static ImmutableArray<CallGroup> Groups { get; } =
    [
        new("waiting for descriptors", CallRule.Allowed,
        [
            (7, "poll"), (23, "select"), (270, "pselect6"), (271, "ppoll"), (213, "epoll_create"), (232, "epoll_wait"), (233, "epoll_ctl"),
            (281, "epoll_pwait"), (291, "epoll_create1"), (441, "epoll_pwait2"),
        ]),
        new("waiting in memory: locks, threads, restartable sequences", CallRule.Allowed,
        [
            (202, "futex"), (449, "futex_waitv"), (454, "futex_wake"), (455, "futex_wait"), (456, "futex_requeue"), (273, "set_robust_list"),
            (274, "get_robust_list"), (324, "membarrier"), (334, "rseq"),
        ]),
        new("events, signals and timers as descriptors", CallRule.Allowed,
        [
            (282, "signalfd"), (289, "signalfd4"), (284, "eventfd"), (290, "eventfd2"), (283, "timerfd_create"), (286, "timerfd_settime"),
            (287, "timerfd_gettime"),
        ]),
        new("sleeping, alarms and timers of the caller's own", CallRule.Allowed,
        [
            (34, "pause"), (35, "nanosleep"), (36, "getitimer"), (37, "alarm"), (38, "setitimer"), (222, "timer_create"), (223, "timer_settime"),
            (224, "timer_gettime"), (225, "timer_getoverrun"), (226, "timer_delete"), (230, "clock_nanosleep"),
        ]),
        new("reading clocks; both adjtimex calls also tell how well the clock is kept, and set nothing without CAP_SYS_TIME", CallRule.Allowed,
        [
            (96, "gettimeofday"), (100, "times"), (201, "time"), (228, "clock_gettime"), (229, "clock_getres"), (159, "adjtimex"),
            (305, "clock_adjtime"),
        ]),
        new("file operations begun and collected later; unlike io_uring they open nothing", CallRule.Allowed,
            [(206, "io_setup"), (207, "io_destroy"), (208, "io_getevents"), (209, "io_submit"), (210, "io_cancel"), (333, "io_pgetevents")]),
    ];
}
