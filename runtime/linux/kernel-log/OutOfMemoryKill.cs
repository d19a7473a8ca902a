using System.Globalization;
using Isolation.Core;

namespace Isolation.Linux;

/// <summary>One process that the kernel killed for want of memory, as its log says (mm/oom_kill.c).</summary>
/// <param name="Pid">Its number in the kernel's first pid namespace.</param>
/// <param name="Task">Its name, as it had set it itself.</param>
/// <param name="Limit">Whose limit it was.</param>
public sealed record OutOfMemoryKill(int Pid, string Task, MemoryLimit Limit)
{
    private const string Summary = "oom-kill:constraint=";
    private const string OfCgroups = "CONSTRAINT_MEMCG,";
    private const string Killed = ": Killed process ";

    /// <summary>True for the messages that can tell of one.</summary>
    public static bool IsOne(string message)
        => message.StartsWith(Summary, StringComparison.Ordinal) || message.Contains(Killed, StringComparison.Ordinal);

    /// <summary>
    /// Reads the summary line, <c>oom-kill:constraint=…,oom_memcg=PATH,task_memcg=PATH,task=NAME,pid=N,uid=U</c>, of a process in a leaf. The names
    /// of a task and of cgroups are strangers': only the constraint at the start, the leaf's own name, which nobody else can have, and the
    /// numbers at the end are believed. The kernel writes at most ten of these lines in five seconds.
    /// </summary>
    public static OutOfMemoryKill? OfSummary(string message, string leafName)
    {
        if (!message.StartsWith(Summary, StringComparison.Ordinal))
            return null;
        string leafEnd = $"/{leafName},task=";
        int leaf = message.IndexOf(leafEnd, StringComparison.Ordinal);
        int uid = message.LastIndexOf(",uid=", StringComparison.Ordinal);
        int pid = uid < 0 ? -1 : message.LastIndexOf(",pid=", uid, StringComparison.Ordinal);
        int task = leaf + leafEnd.Length;
        if (leaf < 0 || pid < task || !int.TryParse(message.AsSpan(pid + 5, uid - pid - 5), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            return null;

        MemoryLimit limit = MemoryLimit.Host;
        if (message.AsSpan(Summary.Length).StartsWith(OfCgroups, StringComparison.Ordinal))
        {
            const string member = ",task_memcg=";
            int own = message.LastIndexOf(member, leaf, StringComparison.Ordinal);
            if (own < 0)
                return null;
            string path = message[(own + member.Length)..(leaf + 1 + leafName.Length)];
            limit = message.AsSpan(0, own).EndsWith($",oom_memcg={path}", StringComparison.Ordinal) ? MemoryLimit.Payload : MemoryLimit.Job;
        }

        return new OutOfMemoryKill(number, message[task..pid], limit);
    }

    /// <summary>
    /// Reads the line <c>Memory cgroup out of memory: Killed process N (NAME) …</c>, of which none is left out, but which names no cgroup; of a
    /// cgroup's limit it does not say whose.
    /// </summary>
    public static OutOfMemoryKill? OfVictim(string message)
    {
        int killed = message.IndexOf(Killed, StringComparison.Ordinal);
        if (killed < 0 || message[..killed] is not ("Memory cgroup out of memory" or "Out of memory") and string cause)
            return null;
        ReadOnlySpan<char> rest = message.AsSpan(killed + Killed.Length);
        int space = rest.IndexOf(' ');
        int end = rest.IndexOf(") ");
        if (space < 0 || end < space + 2 || rest[space + 1] != '(' || !int.TryParse(rest[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            return null;
        return new OutOfMemoryKill(number, rest[(space + 2)..end].ToString(), killed == "Out of memory".Length ? MemoryLimit.Host : MemoryLimit.Unknown);
    }
}
