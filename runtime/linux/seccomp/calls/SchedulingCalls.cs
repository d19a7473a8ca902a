using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>Scheduling, limits and usage.</summary>
internal static class SchedulingCalls
{
    internal static ImmutableArray<CallGroup> Groups { get; } =
    [
        new("when and where threads run: downwards only without a capability, and within the cpuset", CallRule.Allowed,
        [
            (24, "sched_yield"), (140, "getpriority"), (141, "setpriority"), (142, "sched_setparam"), (143, "sched_getparam"),
            (144, "sched_setscheduler"), (145, "sched_getscheduler"), (146, "sched_get_priority_max"), (147, "sched_get_priority_min"),
            (148, "sched_rr_get_interval"), (203, "sched_setaffinity"), (204, "sched_getaffinity"), (251, "ioprio_set"), (252, "ioprio_get"),
            (309, "getcpu"), (314, "sched_setattr"), (315, "sched_getattr"),
        ]),
        new("limits, downwards only, and usage", CallRule.Allowed,
            [(97, "getrlimit"), (160, "setrlimit"), (302, "prlimit64"), (98, "getrusage"), (99, "sysinfo")]),
        new("the machine's name, and random bytes", CallRule.Allowed, [(63, "uname"), (318, "getrandom")]),
    ];
}
