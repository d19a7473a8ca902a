using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B8.</summary>
internal static class B8
{
    private const int IN_ACCESS_OPEN = 0x21;

    public static readonly Probe Probe = new("B8", "watch what others do with files (inotify, fanotify)", Run);

    private static void Run(Attack attack)
    {
        nint queue = KernelCall.Invoke(Nr.inotify_init1, 0x80000);
        if (queue < 0)
        {
            attack.Held("inotify_init1", ErrnoName.Of(-queue));
        }
        else
        {
            foreach (string role in new[] { "victim", "pilot" })
            {
                if (B3.IsOwn(attack.Target[role + ".dir"]))
                    attack.Held($"watch the {role}'s directory", "that path is its own scratch here");
                else
                    attack.Refused($"watch the {role}'s directory", Watch(queue, attack.Target[role + ".dir"]));
            }

            nint shared = Watch(queue, "/usr/bin");
            if (shared < 0)
                attack.Held("watch /usr/bin, which all share", ErrnoName.Of(-shared));
            else
                attack.ByPolicy("watch /usr/bin, which all share", "a side channel that files shared read-only always give: reported, not blocked");
        }

        attack.Refused("fanotify_init(FAN_CLASS_CONTENT)", KernelCall.Invoke(Nr.fanotify_init, 4, 0));
    }

    private static nint Watch(nint queue, string path)
    {
        using NativeBuffer name = new(path);
        return KernelCall.Invoke(Nr.inotify_add_watch, queue, name.Address, IN_ACCESS_OPEN);
    }
}
