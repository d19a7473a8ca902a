using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C15. A payload's root does not exist at setuid; what would make one is tried.</summary>
internal static class C15
{
    private const long CLONE_NEWNS = 0x00020000;

    public static readonly Probe Probe = new("C15", "put name services, locale or PAM of its own before a privileged program", Run);

    private static void Run(Attack attack)
    {
        using NativeBuffer here = new(".");
        attack.Refused("chroot into its own directory", First(SyscallScript.Run(0, [new ScriptCall(Nr.chroot, [here.Address])])));
        ScriptOutcome own = SyscallScript.Run(CLONE_NEWNS, []);
        attack.Refused("a mount namespace of its own", own.ChildError > 0 ? -own.ChildError : 0);
        foreach (string file in new[] { "/etc/nsswitch.conf", "/etc/pam.d/su", "/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/passwd", "/etc/localtime" })
        {
            nint opened = Kernel.TryOpen(file, Sys.O_WRONLY);
            if (opened != -Errno.ENOENT)
                attack.Refused($"open {file} for writing", opened);
        }
    }

    private static nint First(ScriptOutcome outcome)
        => outcome.ChildError > 0 ? -outcome.ChildError : outcome.Results.Count > 0 ? outcome.Results[0] : -Errno.EPERM;
}
