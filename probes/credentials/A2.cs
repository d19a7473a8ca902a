namespace Isolation.Probes;

/// <summary>A2.</summary>
internal static class A2
{
    public static readonly Probe Probe = new("A2", "read environment, arguments, memory and files of the pilot's processes in /proc", Run);

    private static void Run(Attack attack)
    {
        Target target = attack.Target;
        int pid = target.Number("pilot.pid");
        if (!Foreign.MayBe(target, "pilot", pid))
        {
            attack.Held($"look at the pilot's process {pid} in /proc", "that number is somebody else here");
        }
        else
        {
            foreach (string file in new[] { "environ", "cmdline", "maps", "stack", "auxv", "syscall", $"fd/{target["pilot.fd"]}", "root" + target["pilot.proxy"], "cwd/x509up" })
            {
                if (file is "maps" or "stack" or "auxv" or "syscall")
                    Open(attack, $"/proc/{pid}/{file}");
                else
                    attack.Read($"/proc/{pid}/{file}");
            }

            Open(attack, $"/proc/{pid}/mem");
        }

        Search(attack);
    }

    private static void Open(Attack attack, string path)
    {
        if (Kernel.ReadFile(path, out int errno) is { Length: > 0 } bytes)
            attack.Broke("read " + path, $"{bytes.Length} bytes");
        else
            attack.Held("read " + path, errno == 0 ? "empty" : ErrnoName.Of(errno));
    }

    // Whatever number the pilot has here.
    private static void Search(Attack attack)
    {
        int looked = 0;
        foreach (int pid in Kernel.Pids())
        {
            string words = Kernel.Text($"/proc/{pid}/cmdline");
            if (words.Contains("\0attack\0", StringComparison.Ordinal) || words.Contains("\0try\0", StringComparison.Ordinal))
                continue;
            looked++;
            foreach (string file in new[] { "cmdline", "environ" })
            {
                if (Kernel.ReadFile($"/proc/{pid}/{file}", out _) is { } bytes && Secret.Find(bytes, attack.Target.Run) is { } secret
                    && secret.StartsWith(attack.Target.SecretPrefix + "pilot", StringComparison.Ordinal))
                {
                    attack.Broke($"search every /proc/*/{file}", $"{secret} of process {pid}");
                    return;
                }
            }
        }

        attack.Held("search every /proc/*/cmdline and environ", $"{looked} processes, no secret of the pilot's");
    }
}
