namespace Isolation.Probes;

/// <summary>B12.</summary>
internal static class B12
{
    public static readonly Probe Probe = new("B12", "use supplementary groups that are not its account's", Run) { Place = Place.MainProcess };

    private static void Run(Attack attack)
    {
        string status = Kernel.Text("/proc/self/status");
        string[] own = Kernel.StatusField(status, "Groups").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] ids = Kernel.StatusField(status, "Gid").Split('\t');
        string[] pilots = [attack.Target["pilot.gid"], .. attack.Target["pilot.groups"].Split(' ', StringSplitOptions.RemoveEmptyEntries), "0"];
        string[] shared = [.. own.Concat(ids).Intersect(pilots)];
        if (shared.Length > 0)
            attack.Broke("compare its groups with the pilot's and root's", "has " + string.Join(' ', shared));
        else
            attack.Held("compare its groups with the pilot's and root's", $"none in common; gid {ids[0]}");
        if (own.Except([ids[0]]).Any())
            attack.ByPolicy("look for supplementary groups", string.Join(' ', own) + ": right if the account's entry names them");
        else
            attack.Held("look for supplementary groups", "none");
    }
}
