using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>Processes that are not the attacker's own.</summary>
internal static class Foreign
{
    /// <summary>
    /// Whether a number can still mean the planted process: false where /proc shows somebody else under it, as in a pid namespace of the
    /// attacker's own. Where /proc shows nothing it may.
    /// </summary>
    public static bool MayBe(Target target, string role, int pid)
    {
        if (pid <= 0)
            return false;
        string words = Kernel.Text($"/proc/{pid}/cmdline");
        return words.Length == 0 ? !Directory.Exists($"/proc/{pid}") : IsPlant(words, target, role);
    }

    /// <summary>Whether these are the words of a planted process.</summary>
    public static bool IsPlant(string words, Target target, string role) => words.Contains($"\0plant\0{target.Run}\0{role}\0", StringComparison.Ordinal);

    /// <summary>The main process of this payload: this one's parent, or this one where it is the main process itself.</summary>
    public static int Main => Kernel.Text("/proc/self/cmdline").Contains("\0try\0", StringComparison.Ordinal) ? (int)KernelCall.Invoke(Nr.getppid) : (int)KernelCall.Invoke(Nr.getpid);

    /// <summary>Who started the main process: cell-init; without separation the orchestrator.</summary>
    public static int Starter
        => int.TryParse(Kernel.StatusField(Kernel.Text($"/proc/{Main}/status"), "PPid"), out int pid) ? pid : -1;
}
