using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B11.</summary>
internal static class B11
{
    private const int SYSLOG_ACTION_READ_ALL = 3;

    private static readonly string[] Logs = ["/dev/kmsg", "/proc/kmsg", "/var/log/kern.log", "/var/log/syslog", "/var/log/messages"];
    private static readonly string[] JournalPlaces = ["/var/log/journal", "/run/log/journal"];

    public static readonly Probe Probe = new("B11", "measure, trace or read the log of what others do: perf, kernel log, userfaultfd", Run);

    private static void Run(Attack attack)
    {
        using NativeBuffer attributes = new(128), into = new(4096);
        attributes.Int(0) = 1; // PERF_TYPE_SOFTWARE
        attributes.Int(4) = 128;
        foreach ((string what, int pid, int cpu) in new[] { ("of itself", 0, -1), ("of a whole CPU", -1, 0), ("of the victim", attack.Target.Number("victim.hostpid"), -1) })
            attack.Refused($"perf_event_open {what}", KernelCall.Invoke(Nr.perf_event_open, attributes.Address, pid, cpu, -1, 0));
        attack.Refused("syslog(READ_ALL)", KernelCall.Invoke(Nr.syslog, SYSLOG_ACTION_READ_ALL, into.Address, into.Length));
        foreach (string log in Logs.Concat(Journals()))
        {
            nint opened = Kernel.TryOpen(log, Sys.O_RDONLY);
            if (opened != -Errno.ENOENT)
                attack.Refused("open " + log, opened);
        }

        attack.Refused("userfaultfd", KernelCall.Invoke(Nr.userfaultfd, 0));
    }

    private static IEnumerable<string> Journals() => JournalPlaces.SelectMany(d => Kernel.Names(d).SelectMany(m => Kernel.Names($"{d}/{m}")
        .Where(n => n.EndsWith(".journal", StringComparison.Ordinal)).Take(3).Select(n => $"{d}/{m}/{n}")));
}
