using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>
/// The resident of a room. The warden executes it with descriptor 3 a listening control socket, descriptor 4 the cell's secret,
/// and SIGCHLD blocked in every thread. It takes one payload, starts it, sees to its limits and its client, tells its ending,
/// and goes when the ending has been acknowledged. Executed with the word <c>copy</c> it is a <see cref="Copier"/> instead.
/// </summary>
internal static class Program
{
    private const int ListenerNumber = 3;
    private const int SecretNumber = 4;
    private const ulong UntilTheStart = Capabilities.Kill | Capabilities.SetUid | Capabilities.SetGid | Capabilities.SetPcap | Capabilities.SysResource;
    private const ulong UntilTheEntry = UntilTheStart | Capabilities.SysAdmin; // which only a room with mounts of its own has

    private static int Main(string[] arguments)
    {
        if (arguments is ["--version"])
        {
            using Descriptor output = new(1);
            Sys.WriteAll(output, System.Text.Encoding.UTF8.GetBytes($"cell-init {typeof(Program).Assembly.GetName().Version} on .NET {Environment.Version}\n"));
            return 0;
        }

        CrashSwitch.FollowEnvironment();
        Sys.SetNotDumpable();
        if (arguments is ["copy"])
            return Copier.Serve();
        Sys.SetChildSubreaper();
        RuntimeThreads.Confine();
        UnsharedHeap.KeepFromChildren();
        Sys.SetName("cell-init"u8); // executed by descriptor, it would be named after that
        Capabilities.KeepOnly(Capabilities.Held & UntilTheEntry);

        using UnixSocket listener = new(ListenerNumber);
        Sys.SetCloseOnExec(listener, close: true);
        byte[] secret = new byte[CellProof.SecretSize];
        // Closed at once: a payload may name /proc/self/fd/N as its command, and what is open here can be looked at.
        using (Descriptor secretFile = new(SecretNumber))
        {
            if (Sys.ReadAt(secretFile, secret, 0) != secret.Length)
                return 1;
        }

        CrashPoint.Reach("cell-init: alive");
        using Resident resident = new(listener, secret);
        resident.Live();
        return 0;
    }
}
