using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>A terminal of the pilot's (pty(7)).</summary>
internal sealed class Terminal : IDisposable
{
    private const int TIOCSPTLCK = 0x40045431, TIOCGPTPEER = 0x5441, TIOCSCTTY = 0x540e;

    private readonly int _holder;

    private Terminal(Descriptor master, Descriptor slave, int holder) => (Master, Slave, _holder) = (master, slave, holder);

    /// <summary>The side of the user.</summary>
    public Descriptor Master { get; }

    /// <summary>The side of programs.</summary>
    public Descriptor Slave { get; }

    /// <summary>A new one, null where the host gives none.</summary>
    public static Terminal? TryOpen()
    {
        nint master = Kernel.Open("/dev/ptmx", Sys.O_RDWR);
        if (master < 0)
            return null;
        using NativeBuffer unlocked = new(4);
        KernelCall.Invoke(Nr.ioctl, master, TIOCSPTLCK, unlocked.Address);
        nint slave = KernelCall.Invoke(Nr.ioctl, master, TIOCGPTPEER, Sys.O_RDWR | Sys.O_NOCTTY | Sys.O_CLOEXEC);
        Descriptor held = new((int)master);
        if (slave >= 0)
            return new Terminal(held, new Descriptor((int)slave), Hold((int)slave));
        held.Dispose();
        return null;
    }

    /// <summary>The mode <c>hold</c>: makes standard input the controlling terminal of its session, says so, and waits.</summary>
    public static int Hold()
    {
        KernelCall.Invoke(Nr.ioctl, 0, TIOCSCTTY);
        using Descriptor output = new(1);
        Sys.WriteAll(output, "held\n"u8);
        Kernel.Pause(60_000);
        return 0;
    }

    // A terminal that is nobody's could be taken by anybody: a session of the pilot's has this one.
    private static int Hold(int slave)
    {
        (Descriptor read, Descriptor write) = Sys.Pipe();
        using Descriptor ready = read, told = write, terminal = new(slave);
        int pid = Sys.TrySpawn(Programs.Separation, [Programs.Separation, "hold"], [], [terminal, told, told], newSession: true);
        terminal.Release();
        told.Dispose();
        Sys.Poll(ready, PollEvents.In, 20_000);
        return pid;
    }

    public void Dispose()
    {
        if (_holder > 0)
        {
            using PidFd? holder = PidFd.TryOpen(_holder, out _);
            holder?.Signal(9);
            if (holder is not null)
                Sys.Poll(holder, PollEvents.In, 2000);
            Sys.Reap(_holder);
        }

        Slave.Dispose();
        Master.Dispose();
    }
}
