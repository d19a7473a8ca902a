using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>A terminal of the pilot's (pty(7)).</summary>
internal sealed class Terminal : IDisposable
{
    private const int TIOCSPTLCK = 0x40045431, TIOCGPTPEER = 0x5441;

    private Terminal(Descriptor master, Descriptor slave) => (Master, Slave) = (master, slave);

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
        RawCall.Invoke(Nr.ioctl, master, TIOCSPTLCK, unlocked.Address);
        nint slave = RawCall.Invoke(Nr.ioctl, master, TIOCGPTPEER, Sys.O_RDWR | Sys.O_NOCTTY | Sys.O_CLOEXEC);
        Descriptor held = new((int)master);
        if (slave >= 0)
            return new Terminal(held, new Descriptor((int)slave));
        held.Dispose();
        return null;
    }

    public void Dispose()
    {
        Slave.Dispose();
        Master.Dispose();
    }
}
