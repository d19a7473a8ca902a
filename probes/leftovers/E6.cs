using System.Globalization;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>E6.</summary>
internal static class E6
{
    private const int IPC_CREAT = 0x200, IPC_RMID = 0;

    public static readonly Probe Probe = new("E6", "leave shared memory, queues, semaphores, keys and sockets behind", Run) { Place = Place.Alone, After = Look };

    private static void Run(Attack attack)
    {
        int key = Key(attack.Target.Run);
        List<string> made = [];
        if (KernelCall.Invoke(Nr.shmget, key, 4096, IPC_CREAT | 0x1b6) >= 0)
            made.Add("a segment");
        if (KernelCall.Invoke(Nr.msgget, key, IPC_CREAT | 0x1b6) >= 0)
            made.Add("a message queue");
        if (KernelCall.Invoke(Nr.semget, key, 1, IPC_CREAT | 0x1b6) >= 0)
            made.Add("semaphores");
        if (Kernel.OnPath(Nr.mq_open, Name(attack), Sys.O_CREAT | Sys.O_RDWR, 0x1b6) >= 0)
            made.Add("a POSIX queue");
        using NativeBuffer type = new("user"), description = new(Name(attack)), payload = new("left");
        if (KernelCall.Invoke(Nr.add_key, type.Address, description.Address, payload.Address, 4, -4) > 0)
            made.Add("a key");
        attack.Missing("leave objects", string.Join(", ", made));
    }

    private static void Look(Attack attack)
    {
        int key = Key(attack.Target.Run);
        (string Table, int Get, int Control, int Position)[] kinds = [("shm", Nr.shmget, Nr.shmctl, 1), ("msg", Nr.msgget, Nr.msgctl, 1), ("sem", Nr.semget, Nr.semctl, 2)];
        Leftover.Things(attack,
        [
            .. kinds.Select(k => ("look for its System V object, " + k.Table, (Func<bool>)(() => IsListed(k.Table, key)))),
            ("look for its POSIX queue", () => HasQueue(Name(attack))),
            ("look for its key in /proc/keys", () => Kernel.Text("/proc/keys").Contains(Name(attack), StringComparison.Ordinal)),
        ]);
        foreach ((_, int get, int control, int position) in kinds)
        {
            nint id = KernelCall.Invoke(get, key, 0, 0);
            if (id >= 0)
                KernelCall.Invoke(control, id, position == 2 ? 0 : IPC_RMID, IPC_RMID);
        }

        Kernel.OnPath(Nr.mq_unlink, Name(attack));
        using NativeBuffer type = new("user"), description = new(Name(attack));
        nint serial = KernelCall.Invoke(Nr.keyctl, 10 /* search */, -4, type.Address, description.Address);
        if (serial > 0)
            KernelCall.Invoke(Nr.keyctl, 21 /* invalidate */, serial);
    }

    private static bool IsListed(string table, int key)
        => Kernel.Text("/proc/sysvipc/" + table).Split('\n').Any(l => l.TrimStart().StartsWith(key.ToString(CultureInfo.InvariantCulture) + " ", StringComparison.Ordinal));

    private static bool HasQueue(string name)
    {
        nint queue = Kernel.OnPath(Nr.mq_open, name, 0);
        if (queue >= 0)
            Kernel.Close(queue);
        return queue >= 0 || queue == -Errno.EACCES;
    }

    /// <summary>The key of its System V objects.</summary>
    public static int Key(string run) => int.Parse(run, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & 0x7fffffff | 0x01000000;

    private static string Name(Attack attack) => $"separation-{attack.Target.Run}-e6";
}
