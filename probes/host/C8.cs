namespace Isolation.Probes;

/// <summary>C8.</summary>
internal static class C8
{
    public static readonly Probe Probe = new("C8", "find a thread of its own without the promised bounds", Run);

    private static void Run(Attack attack)
    {
        string[] threads = Kernel.Names("/proc/self/task");
        (string Field, string Promised)[] promises =
        [
            ("NoNewPrivs", "1"), ("Seccomp", "2"), ("CapInh", "0000000000000000"), ("CapPrm", "0000000000000000"), ("CapEff", "0000000000000000"),
            ("CapBnd", "0000000000000000"), ("CapAmb", "0000000000000000"), ("TracerPid", "0"),
        ];
        foreach ((string field, string promised) in promises)
        {
            string[] values = [.. threads.Select(t => Kernel.StatusField(Kernel.Text($"/proc/self/task/{t}/status"), field)).Distinct()];
            if (values.Length == 1 && values[0] == promised)
                attack.Held($"read {field} of {threads.Length} threads", promised);
            else
                attack.Broke($"read {field} of {threads.Length} threads", $"{string.Join(", ", values)}, not {promised}");
        }

        string status = Kernel.Text("/proc/self/status");
        foreach (string ids in new[] { "Uid", "Gid" })
        {
            string[] four = Kernel.StatusField(status, ids).Split('\t');
            if (four.Distinct().Count() == 1 && four[0] != "0")
                attack.Held($"compare real, effective, saved and file-system {ids}", four[0]);
            else
                attack.Broke($"compare real, effective, saved and file-system {ids}", string.Join(' ', four));
        }

        string label = Kernel.Text("/proc/self/attr/current").Trim('\0', '\n');
        if (label.Length > 0 && label != "unconfined")
            attack.Held("read its label", label);
        else
            attack.Missing("read its label", label.Length > 0 ? label : "no security module labels processes here");
    }
}
