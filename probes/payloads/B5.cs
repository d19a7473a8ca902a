using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B5. Only what is found to be the planted object is counted: a number can mean another object in a namespace of one's own.</summary>
internal static class B5
{
    private const int IPC_STAT = 2, IPC_NOWAIT_MSG_COPY = 0x800 | 0x4000, GETVAL = 12, SHM_RDONLY = 0x1000;

    public static readonly Probe Probe = new("B5", "attach shared memory, read messages and semaphores and POSIX queues of others", Run);

    private static void Run(Attack attack)
    {
        foreach (string role in new[] { "victim", "pilot" })
        {
            Segment(attack, role);
            Message(attack, role);
            Queue(attack, role);
            int semaphores = attack.Target.Number(role + ".sysv.sem");
            attack.Refused($"read the {role}'s semaphore", KernelCall.Invoke(Nr.semctl, semaphores, 0, GETVAL));
        }

        foreach (string table in new[] { "shm", "msg", "sem" })
        {
            int lines = Kernel.Text("/proc/sysvipc/" + table).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length - 1;
            if (lines > 0)
                attack.Broke("list /proc/sysvipc/" + table, $"{lines} objects of others");
            else
                attack.Held("list /proc/sysvipc/" + table, "nothing");
        }

        if (Kernel.Names("/dev/mqueue").Any(n => n.Contains(attack.Target.Run, StringComparison.Ordinal)))
            attack.Broke("list /dev/mqueue", "shows the queues of others");
        else
            attack.Held("list /dev/mqueue", Path.Exists("/dev/mqueue") ? "shows none of others" : "is not there");
    }

    private static void Segment(Attack attack, string role)
    {
        int id = attack.Target.Number(role + ".sysv.shm");
        using NativeBuffer state = new(256);
        attack.Refused($"shmctl(IPC_STAT) of the {role}'s segment", KernelCall.Invoke(Nr.shmctl, id, IPC_STAT, state.Address));
        nint address = KernelCall.Invoke(Nr.shmat, id, 0, SHM_RDONLY);
        if (address < 0 && address > -4096)
        {
            attack.Held($"shmat of the {role}'s segment", ErrnoName.Of(-address));
            return;
        }

        attack.ShowsNothing($"shmat of the {role}'s segment", NativeBuffer.At(address, 4096));
        KernelCall.Invoke(Nr.shmdt, address);
    }

    private static void Message(Attack attack, string role)
    {
        using NativeBuffer into = new(512);
        nint length = KernelCall.Invoke(Nr.msgrcv, attack.Target.Number(role + ".sysv.msg"), into.Address, 500, 0, IPC_NOWAIT_MSG_COPY);
        if (length < 0)
            attack.Held($"copy the {role}'s message", ErrnoName.Of(-length));
        else
            attack.ShowsNothing($"copy the {role}'s message", into.Span);
    }

    private static void Queue(Attack attack, string role)
    {
        string name = attack.Target[role + ".mq"];
        if (name.Length == 0)
        {
            attack.Missing($"open the {role}'s POSIX queue", "it could make none");
            return;
        }

        attack.Refused($"mq_open the {role}'s queue", Kernel.OnPath(Nr.mq_open, name, Sys.O_RDWR | Sys.O_NONBLOCK));
    }
}
