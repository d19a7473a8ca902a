using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>A6.</summary>
internal static class A6
{
    public static readonly Probe Probe = new("A6", "connect to the pilot's, the service's and the session's sockets, by path and abstract", Run);

    private static void Run(Attack attack)
    {
        Target target = attack.Target;
        foreach ((string key, int type) in new[]
        {
            ("pilot.socket", Sockets.SOCK_STREAM), ("pilot.tmp.socket", Sockets.SOCK_STREAM), ("pilot.abstract", Sockets.SOCK_STREAM), ("pilot.abstract.packets", Sockets.SOCK_SEQPACKET),
        })
        {
            if (target.Has(key))
                Connect(attack, target[key], type);
        }

        Connect(attack, target["service.run"] + "/warden.sock", Sockets.SOCK_SEQPACKET);
        foreach (string socket in new[] { "/run/dbus/system_bus_socket", $"/run/user/{target["pilot.uid"]}/bus", $"/run/user/{target["pilot.uid"]}/systemd/private", "/run/systemd/private" })
        {
            if (File.Exists(socket))
                Connect(attack, socket, Sockets.SOCK_STREAM);
        }

        if (Environment.GetEnvironmentVariable("SSH_AUTH_SOCK") is { Length: > 0 } agent)
            attack.Broke("look for an ssh agent", agent);
        else
            attack.Held("look for an ssh agent", "SSH_AUTH_SOCK is not set");
        Rooms(attack);
        Listing(attack);
    }

    private static void Connect(Attack attack, string address, int type)
    {
        nint fd = Sockets.ConnectUnix(address, type);
        if (fd < 0)
            attack.Held("connect to " + address, ErrnoName.Of(-fd));
        else
            attack.Broke("connect to " + address, "connected; " + (Secret.Find(Sockets.Take(fd, 300), attack.Target.Run) is { } secret ? "read " + secret : "silent"));
    }

    // The control sockets and doors of rooms.
    private static void Rooms(Attack attack)
    {
        string rooms = attack.Target["service.run"] + "/rooms";
        nint opened = Kernel.Open(rooms, Sys.O_RDONLY | Sys.O_DIRECTORY);
        if (opened == -Errno.ENOENT && attack.Target.Has("bare"))
            attack.Missing("open " + rooms, "no service runs");
        else
            attack.Refused("open " + rooms, opened);
    }

    private static void Listing(Attack attack)
    {
        string[] shown = [.. Kernel.Text("/proc/net/unix").Split('\n').Where(l => l.Contains($"separation-{attack.Target.Run}", StringComparison.Ordinal)
            && !l.Contains("attacker", StringComparison.Ordinal))];
        if (shown.Length > 0 && NamespaceLink.Of("net") == attack.Target["pilot.ns.net"])
            attack.ByPolicy("list sockets in /proc/net/unix", $"names of {shown.Length} of the pilot and the victim: they come with the pilot's network");
        else if (shown.Length > 0)
            attack.Broke("list sockets in /proc/net/unix", $"{shown.Length} of the pilot and the victim, such as {shown[0]}");
        else
            attack.Held("list sockets in /proc/net/unix", "none of the pilot or the victim");
    }
}
