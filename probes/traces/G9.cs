using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>G9. Records are opened for writing and never written. Bare, a copy that root can write stands for them.</summary>
internal static class G9
{
    /// <summary>The segment that every ledger has.</summary>
    public const string First = "00000001.ndjson";

    public static readonly Probe Probe = new("G9", "change, cut or take away records, by every way to them", Run) { Place = Place.Alone, After = Look };

    private static void Run(Attack attack)
    {
        string ledger = attack.Target["service.ledger"], pid = attack.Target["service.pid"];
        string[] shown = pid.Length > 0 ? [$"/proc/{pid}/root{ledger}"] : [];
        foreach (string directory in (string[])[ledger, "../../ledger", "../../../state/ledger", .. shown])
        {
            string segment = $"{directory}/{First}", planted = $"{directory}/separation-{attack.Target.Run}";
            attack.Refused("open for writing " + segment, Kernel.TryOpen(segment, Sys.O_RDWR));
            attack.Refused("open for reading " + segment, Kernel.TryOpen(segment, Sys.O_RDONLY));
            attack.Refused("rename onto itself " + segment, Kernel.OnPaths(Nr.rename, segment, segment));
            attack.Refused("change the mode of " + segment, Kernel.OnPath(Nr.chmod, segment, 0x1a0));
            nint made = Kernel.TryOpen(planted, Sys.O_CREAT | Sys.O_EXCL | Sys.O_WRONLY, 0x180);
            Kernel.Remove(planted);
            attack.Refused("make a file in " + directory, made);
        }

        if (pid.Length == 0)
            return;
        string[] open = Kernel.Names($"/proc/{pid}/fd");
        attack.Refused($"list the service's open files, /proc/{pid}/fd", open.Length > 0 ? open.Length : -Errno.EACCES);
        foreach (string fd in open)
            attack.Refused($"open for writing /proc/{pid}/fd/{fd}", Kernel.TryOpen($"/proc/{pid}/fd/{fd}", Sys.O_RDWR));
    }

    // Whoever gets at them all the same is found out: on a copy.
    private static void Look(Attack attack)
    {
        if (attack.Target.Has("bare"))
            return;
        if (attack.Outside?.Ledger is not { } ledger)
        {
            attack.Missing("change a copy unnoticed", "records are an operator's to read: run it as root");
            return;
        }

        string[] told = [.. ledger.Altered() ?? []];
        if (told.Length < 4)
        {
            attack.Missing("change a copy unnoticed", told.FirstOrDefault() ?? "no answer in time");
            return;
        }

        if (told[0].StartsWith("unchanged: exit code 0 ", StringComparison.Ordinal))
            attack.Held("have the verification find what is not there", told[0]);
        else
            attack.Broke("have the verification find what is not there", told[0]);
        foreach (string changed in told[1..])
        {
            if (changed.Contains(": exit code 0 ", StringComparison.Ordinal) || changed.Contains("exit code -1", StringComparison.Ordinal))
                attack.Broke("change a copy unnoticed", changed);
            else
                attack.Held("change a copy unnoticed", changed);
        }
    }
}
