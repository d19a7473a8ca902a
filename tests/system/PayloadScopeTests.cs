using System.Diagnostics;
using Isolation.Linux;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: where the kernel has Landlock's scopes (Linux 6.12), a payload reaches abstract sockets of its own processes only, and signals
/// and debugs them only; its own work, and the service's signals to it, go on as everywhere. Without them the same attempts succeed.
/// </summary>
[Collection(SharedServiceTests.Name)]
public sealed class PayloadScopeTests(SharedService shared)
{
    private const string Connect = "python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); e = s.connect_ex(chr(0) + sys.argv[1]); print(e)' ";
    private const string Send = "python3 -c 'import socket, sys\ntry: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b\"x\", chr(0) + sys.argv[1]); print(0)\nexcept OSError as e: print(e.errno)' ";

    [SkippableFact]
    public void AbstractSocketsOutsideAreOutOfReach()
    {
        RequireScopes();
        Assert.Equal("1\n1\n", Reach(shared.Get())); // EPERM
    }

    [SkippableFact]
    public void WithoutScopesAbstractSocketsOutsideAreReached()
    {
        using Service service = Unscoped();
        Assert.Equal("0\n0\n", Reach(service));
    }

    [SkippableFact]
    public void AnotherPayloadOfTheSameAccountIsNeitherSignalledNorDebugged()
    {
        RequireScopes();
        Assert.Equal("1\n1\n", Disturb(shared.Get(), out bool survived));
        Assert.True(survived);
    }

    [SkippableFact]
    public void WithoutScopesPayloadsOfOneAccountReachEachOther()
    {
        using Service service = Unscoped();
        string yama = "/proc/sys/kernel/yama/ptrace_scope"; // where it is on, debuggers of strangers are refused by it
        bool debugs = !File.Exists(yama) || File.ReadAllText(yama).Trim() == "0";
        Assert.Equal(debugs ? "0\n0\n" : "1\n0\n", Disturb(service, out bool survived));
        Assert.False(survived);
    }

    [SkippableFact]
    public void SignalsWithinAPayloadAndFromOutsideArrive()
    {
        Service service = shared.Get();
        Assert.Equal("143\nended\n", service.Shell.Bash("$A run -- bash -c 'setsid sleep 60 & sleep 0.2; pkill -TERM -P $$ sleep; wait $!; echo $?; trap \"echo ended; exit 0\" TERM; kill 0; sleep 5'").Output);
        using Client client = service.Shell.StartPayload("bash -c 'trap \"echo heard; exit 5\" USR1; echo ready; while :; do sleep 0.05; done'");
        Assert.Equal("ready", client.ReadLine());
        client.Signal(10);
        Assert.Equal("heard", client.ReadLine());
        Assert.Equal(5, client.Wait());
    }

    private static void RequireScopes() => Skip.If(Landlock.Version < 6, $"this kernel has no Landlock scopes: its version of Landlock is {Landlock.Version}, and scopes came with 6");

    private static Service Unscoped()
    {
        Service service = Service.Prepare(Site.Policy);
        service.Arguments.AddRange(["--without-kernel", "landlock"]);
        service.Launch();
        return service;
    }

    // A stream and a datagram socket of the pilot's in the network namespace that the payload shares.
    private static string Reach(Service service)
    {
        string name = $"iso-scope-{Guid.NewGuid():N}";
        using Process listener = service.Shell.Start(
            $"exec setpriv --reuid={Site.PilotA} --regid={Site.PilotA} --clear-groups -- python3 -c 'import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(chr(0) + sys.argv[1]); s.listen(5); "
            + $"d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); d.bind(chr(0) + sys.argv[1] + \"d\"); print(\"ready\", flush=True); time.sleep(60)' {name}");
        try
        {
            Assert.Equal("ready", listener.StandardOutput.ReadLine());
            return service.Shell.Bash($"$A run -- {Connect}{name}; $A run -- {Send}{name}d").Silent() + "\n";
        }
        finally
        {
            listener.Kill();
            listener.WaitForExit();
        }
    }

    // The answers that a second payload of the account gets: to debugging the first, and to ending it.
    private static string Disturb(Service service, out bool survived)
    {
        using Client victim = service.Shell.StartPayload("sleep 60", "--claim /sticky/scope");
        string answers = service.Shell.Bash(
            $"$A run --claim /sticky/scope -- python3 -c 'import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
            + $"print(ctypes.get_errno() if libc.ptrace(0x4206, {victim.Pid}, 0, 0) else 0)\n" // PTRACE_SEIZE
            + $"print(ctypes.get_errno() if libc.kill({victim.Pid}, 15) else 0)'").Silent() + "\n";
        survived = !victim.Process.WaitForExit(500);
        return answers;
    }
}
