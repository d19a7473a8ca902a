using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>A1.</summary>
internal static class A1
{
    public static readonly Probe Probe = new("A1", "read the pilot's X.509 proxy and tokens by path, link or descriptor", Run);

    private static void Run(Attack attack)
    {
        Target target = attack.Target;
        foreach (string key in new[] { "pilot.proxy", "pilot.token", "pilot.tmp.proxy" })
        {
            if (target.Has(key))
                attack.Read(target[key]);
        }

        foreach (string variable in new[] { "X509_USER_PROXY", "BEARER_TOKEN_FILE" })
        {
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path)
                attack.Read(path);
        }

        string link = $"separation-{target.Run}-link";
        nint linked = Kernel.OnPaths(Nr.link, target["pilot.proxy"], link);
        if (linked < 0)
            attack.Held("hard link to " + target["pilot.proxy"], ErrnoName.Of(-linked));
        else
            attack.Read(link);
        Kernel.Remove(link);
        if (Kernel.OnPaths(Nr.symlink, target["pilot.proxy"], link) >= 0)
            attack.Read(link);
        Kernel.Remove(link);

        nint place = Kernel.Open(target["pilot.proxy"], Sys.O_PATH);
        if (place < 0)
            attack.Held("O_PATH descriptor of " + target["pilot.proxy"], ErrnoName.Of(-place));
        else
            attack.Read($"/proc/self/fd/{place}");
    }
}
