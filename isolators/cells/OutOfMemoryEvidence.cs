using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>
/// What the warden adds to cell-init's word on processes killed for want of memory: the kernel's log names the victims and whose limit it was.
/// Where the log cannot be read, or was cut short, the leaf's counters decide and the victims are not known.
/// </summary>
public static class OutOfMemoryEvidence
{
    private const string FirstPidNamespace = "pid:[4026531836]"; // PROC_PID_INIT_INO
    private const int SIGKILL = 9;
    private const int LongestVictims = ObservedOutOfMemory.MaxVictims - 32;

    /// <summary>True when the numbers in the kernel's log are those by which this process knows others.</summary>
    public static bool NumbersAreOurs { get; } = File.ResolveLinkTarget("/proc/self/ns/pid", returnFinalTarget: false)?.Name == FirstPidNamespace;

    /// <summary>Adds what the log says.</summary>
    /// <param name="seen">What cell-init saw.</param>
    /// <param name="messages">The log since the payload's start; null when it cannot be read.</param>
    /// <param name="leafName">The leaf's name.</param>
    /// <param name="mainPid">The main process in the kernel's first pid namespace; null when nobody knows.</param>
    /// <param name="position">Where the leaf is: above one in the service's slice there is nothing of a job's.</param>
    public static ObservedEnding Add(ObservedEnding seen, IReadOnlyList<string>? messages, string leafName, int? mainPid, Position position)
    {
        if (seen.OutOfMemory is not ObservedOutOfMemory counted)
            return seen;
        Dictionary<int, OutOfMemoryKill> victims = [];
        foreach (string message in messages ?? [])
        {
            if (OutOfMemoryKill.OfSummary(message, leafName) is OutOfMemoryKill ofLeaf)
                victims[ofLeaf.Pid] = ofLeaf;
            else if (OutOfMemoryKill.OfVictim(message) is OutOfMemoryKill somebody && somebody.Pid == mainPid)
                victims.TryAdd(somebody.Pid, somebody);
        }

        OutOfMemoryKill? main = mainPid is int pid ? victims.GetValueOrDefault(pid) : null;
        var limit = (MemoryLimit)counted.Limit;
        if ((main ?? victims.Values.LastOrDefault()) is { Limit: not MemoryLimit.Unknown and MemoryLimit told })
            limit = told;
        if (limit == MemoryLimit.Job && position == Position.Own)
            limit = MemoryLimit.Host;
        return seen with
        {
            OutOfMemory = counted with
            {
                Limit = (byte)limit,
                Main = main is not null ? OutOfMemoryVictim.Main
                    : mainPid is not null && victims.Count >= counted.Kills ? OutOfMemoryVictim.Others
                    : OutOfMemoryVictim.NotKnown,
                Victims = Text(main, [.. victims.Values.Where(v => v != main)]),
            },
        };
    }

    /// <summary>
    /// Where nothing counts such kills at the leaf (a leaf of v2 without the memory controller, below the pilot): a main process that was killed for want of
    /// memory, when the log says so. The leaf has no limit, so it was the job's or the host's.
    /// </summary>
    /// <param name="seen">What cell-init saw.</param>
    /// <param name="messages">The log since the payload's start; null when it cannot be read.</param>
    /// <param name="mainPid">The main process in the kernel's first pid namespace; null when nobody knows.</param>
    public static ObservedEnding Uncounted(ObservedEnding seen, IReadOnlyList<string>? messages, int? mainPid)
        => seen is { How: EndedHow.Signaled, Value: SIGKILL, Cause: EndingCause.None } && mainPid is int pid
            && (messages ?? []).Select(OutOfMemoryKill.OfVictim).FirstOrDefault(v => v?.Pid == pid) is OutOfMemoryKill main
            ? seen with
            {
                OutOfMemory = new ObservedOutOfMemory(1, (byte)(main.Limit == MemoryLimit.Host ? MemoryLimit.Host : MemoryLimit.Job), OutOfMemoryVictim.Main, Text(main, [])),
            }
            : seen;

    private static string Text(OutOfMemoryKill? main, OutOfMemoryKill[] others)
    {
        string text = "";
        int told = 0;
        OutOfMemoryKill[] all = main is null ? others : [main, .. others];
        foreach (OutOfMemoryKill victim in all)
        {
            // ASCII: the kernel escapes everything else.
            string next = $"{(told == 0 ? "" : ", ")}{victim.Task} (pid {victim.Pid})";
            if (text.Length + next.Length > LongestVictims)
                return $"{text} and {all.Length - told} more";
            text += next;
            told++;
        }

        return text;
    }
}
