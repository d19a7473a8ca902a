using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C11. Its standard input is a terminal that is another session's.</summary>
internal static class C11
{
    private const int TIOCSTI = 0x5412, TIOCSCTTY = 0x540e, TIOCLINUX = 0x541c, TIOCCONS = 0x541d;

    public static readonly Probe Probe = new("C11", "type into the pilot's terminal, or take it over", Run) { Place = Place.Terminal };

    private static void Run(Attack attack)
    {
        using NativeBuffer letter = new("x"u8), paste = new([3]);
        if (KernelCall.Invoke(Nr.ioctl, 0, 0x5401 /* TCGETS */, NativeAddress()) < 0)
        {
            attack.Missing("use the terminal", "standard input is none");
            return;
        }

        attack.Refused("TIOCSTI", KernelCall.Invoke(Nr.ioctl, 0, TIOCSTI, letter.Address));
        attack.Refused("TIOCSTI with upper bits set", KernelCall.Invoke(Nr.ioctl, 0, unchecked((nint)0x1_0000_5412), letter.Address));
        attack.Refused("TIOCLINUX (paste)", KernelCall.Invoke(Nr.ioctl, 0, TIOCLINUX, paste.Address));
        attack.Refused("TIOCCONS", KernelCall.Invoke(Nr.ioctl, 0, TIOCCONS));
        ScriptOutcome steal = SyscallScript.Run(0, [new ScriptCall(Nr.setsid, []), new ScriptCall(Nr.ioctl, [0, TIOCSCTTY, 1])]);
        attack.Refused("TIOCSCTTY, stealing it from its session", steal.Results.Count == 2 ? steal.Results[1] : -Errno.EPERM);
        attack.Refused("open its own controlling terminal", Kernel.TryOpen("/dev/tty", Sys.O_RDWR));
    }

    private static nint NativeAddress()
    {
        _settings ??= new NativeBuffer(256);
        return _settings.Address;
    }

    private static NativeBuffer? _settings;
}
