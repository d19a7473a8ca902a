using System.Globalization;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>
/// Takes away what an attacker's account has left on the host and the pilot cannot remove: where nothing separates, that is a finding, and
/// afterwards rubbish. Started by root before it becomes the pilot; without root it stays, and the service's residue tells of it.
/// </summary>
internal sealed class Sweeper : IDisposable
{
    private static readonly string[] Places = ["/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/var/crash", "/run/screen"];
    private readonly Running _process;

    private Sweeper(Running process) => _process = process;

    /// <summary>Starts one.</summary>
    public static Sweeper Start(IReadOnlyList<string> environment) => new(Running.Start(Programs.Separation, ["sweep"], environment, null));

    /// <summary>The mode <c>sweep</c>: a line of input for each run to sweep after.</summary>
    public static int Serve()
    {
        using Descriptor input = new(0);
        byte[] buffer = new byte[256];
        System.Text.StringBuilder text = new();
        while (Sys.TryRead(input, buffer, out _) is int count and > 0)
            text.Append(System.Text.Encoding.ASCII.GetString(buffer, 0, count));
        foreach (string run in text.ToString().Split('\n').Where(r => r.Length == 8 && r.All(char.IsAsciiHexDigitLower)))
            Sweep(run);
        return 0;
    }

    /// <summary>Names a run to sweep after, at the end.</summary>
    public void After(string run) => _process.Write(run);

    public void Dispose()
    {
        _process.EndInput();
        _process.Wait(10);
        _process.Dispose();
    }

    private static void Sweep(string run)
    {
        foreach (string place in Places)
        {
            foreach (string name in Kernel.Names(place).Where(n => n.StartsWith($"separation-{run}-", StringComparison.Ordinal)))
                Kernel.Remove($"{place}/{name}");
        }

        string key = E6.Key(run).ToString(CultureInfo.InvariantCulture);
        foreach ((string table, int control) in new[] { ("shm", Nr.shmctl), ("msg", Nr.msgctl), ("sem", Nr.semctl) })
        {
            foreach (string[] fields in Kernel.Text("/proc/sysvipc/" + table).Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(f => f.Length > 1 && f[0] == key))
                KernelCall.Invoke(control, int.Parse(fields[1], CultureInfo.InvariantCulture), 0, 0); // IPC_RMID
        }

        foreach (string name in new[] { "e6", "pilot", "victim" })
            Kernel.OnPath(Nr.mq_unlink, $"separation-{run}-{name}");
    }
}
