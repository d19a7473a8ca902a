using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C2. The set-id program is started, looked at and killed; it is given nothing to do.</summary>
internal static class C2
{
    private const int PR_GET_NO_NEW_PRIVS = 39;

    private static readonly string[] Programs =
        ["/usr/bin/su", "/usr/bin/sudo", "/usr/bin/passwd", "/usr/bin/newgrp", "/usr/bin/newuidmap", "/usr/bin/pkexec", "/usr/bin/fusermount3", "/usr/bin/crontab", "/usr/bin/ssh-agent", "/usr/bin/expiry"];

    public static readonly Probe Probe = new("C2", "gain another identity from set-id programs and file capabilities", Run);

    private static void Run(Attack attack)
    {
        nint locked = KernelCall.Invoke(Nr.prctl, PR_GET_NO_NEW_PRIVS);
        if (locked == 1)
            attack.Held("ask for no_new_privs", "1");
        else
            attack.Broke("ask for no_new_privs", $"{locked}");
        foreach (string program in Programs.Where(File.Exists))
            Start(attack, program);
    }

    private static void Start(Attack attack, string program)
    {
        (Descriptor inputRead, Descriptor inputWrite) = Sys.Pipe();
        using Descriptor input = inputRead, held = inputWrite, nothing = Sys.Open(null, "/dev/null", Sys.O_WRONLY);
        int pid = Sys.TrySpawn(program, [program], ["PATH=/usr/bin:/bin"], [input, nothing, nothing], newSession: false);
        if (pid < 0)
        {
            attack.Held("start " + program, ErrnoName.Of(-pid));
            return;
        }

        // Stopped before it can end: its ids can be read at leisure.
        KernelCall.Invoke(Nr.kill, pid, 19);
        string status = Kernel.Text($"/proc/{pid}/status");
        string[] uid = Kernel.StatusField(status, "Uid").Split('\t'), gid = Kernel.StatusField(status, "Gid").Split('\t');
        string capabilities = Kernel.StatusField(status, "CapEff");
        KernelCall.Invoke(Nr.kill, pid, 9);
        Sys.Reap(pid);
        using PidFd? gone = PidFd.TryOpen(pid, out _);
        if (gone is not null)
        {
            Sys.Poll(gone, PollEvents.In, 2000);
            Sys.Reap(pid);
        }

        bool same = uid.Distinct().Count() == 1 && gid.Distinct().Count() == 1 && uid[0] != "0" && !capabilities.Any(c => c is not '0');
        if (uid.Length < 4)
            attack.Held("start " + program, "it was over at once");
        else if (same)
            attack.Held("start " + program, $"runs as uid {uid[1]}, gid {gid[1]}, without capabilities");
        else
            attack.Broke("start " + program, $"runs as uid {string.Join('/', uid)}, gid {string.Join('/', gid)}, capabilities {capabilities}");
    }
}
