using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C18. Asked by the pilot; without a service, of the kernel with root's rights.</summary>
internal static class C18
{
    private const string Itself = "/.";

    public static readonly Probe Probe = new("C18", "learn from the service's answers whether a path exists that the caller cannot reach", Run) { Place = Place.Pilot };

    private static void Run(Attack attack)
    {
        string rooms = attack.Target["service.run"] + "/rooms";
        foreach ((string there, string missing) in new[] { ("/root" + Itself, "/root/separation-none"), (rooms + Itself, rooms + "/none"), ("/proc/1/cwd" + Itself, "/proc/1/cwd/none") })
        {
            string first = Answer(attack, there), second = Answer(attack, missing).Replace(missing, there, StringComparison.Ordinal);
            if (first == second)
                attack.Held($"ask for {there} and {missing}", "the same answer: " + first);
            else
                attack.Broke($"ask for {there} and {missing}", $"\"{first}\" and \"{second}\"");
        }
    }

    private static string Answer(Attack attack, string path)
    {
        if (attack.Target.Has("bare"))
            return ErrnoName.Of(-Math.Min(0, Kernel.TryOpen(path, Sys.O_PATH)));
        using Running client = Running.Start(Programs.Client, ["run", "--workdir", path, "--", "/bin/true"], CallerEnvironment.Entries(), null);
        client.EndInput();
        ChildEnd? end = client.Wait(10);
        return $"{end?.Value}: {client.Errors}";
    }
}
