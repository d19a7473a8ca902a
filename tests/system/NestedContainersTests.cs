using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: where policy allows nested containers, a payload of a private room makes containers of its own, which get it nothing that it had not;
/// where policy denies them, the calls fail with EPERM and the payload goes on.
/// </summary>
[Collection(PrivateServiceTests.Name)]
public sealed class NestedContainersTests(PrivateService denying, NestingService allowing) : IClassFixture<NestingService>
{
    private const string Container = "bwrap --unshare-all --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp";

    [SkippableTheory]
    [InlineData("unshare -Ur id -u", "0")]
    [InlineData("unshare -Ur unshare -Ur unshare -Ur id -u", "0")]
    [InlineData("unshare -Urm sh -c 'mkdir m; mount -t tmpfs x m; echo in > m/f; cat m/f; umount m; ls m'", "in")]
    [InlineData("unshare -Urpf --mount-proc ps -o pid= -o args=", "1 ps -o pid= -o args=")]
    [InlineData("unshare -Urm sh -c 'mkdir u w m; mount -t overlay -o lowerdir=/usr,upperdir=u,workdir=w,userxattr x m; touch m/new; ls u'", "new")]
    public void NamespacesAndMountsAreItsOwnToMake(string command, string said)
        => Assert.Equal(said, allowing.Get().Shell.Bash($"$A run -- {command}").Silent());

    [SkippableFact]
    public void ARealContainerRunsWithProcessesDevicesAndNetworkOfItsOwn()
    {
        RequireBubblewrap();
        string[] lines = allowing.Get().Shell.Bash($$"""
            $A run -- bash -c 'id -u; {{Container}} bash -c "id -u; ls /proc | grep -c ^[0-9]; ls -A /tmp | wc -l; echo x > /dev/null; python3 -c \"import socket; print([n for _, n in socket.if_nameindex()])\"; touch /etc/x"'
            """).Expect(1).Lines;
        Assert.Equal(lines[0], lines[1]);
        Assert.InRange(int.Parse(lines[2], System.Globalization.CultureInfo.InvariantCulture), 3, 5); // bwrap, bash, ls and grep
        Assert.Equal(["0", "['lo']"], lines[3..]);
    }

    [SkippableFact]
    public void ItsScratchAndWhatItWasLentAreSeenInItAndKeepTheirOwners()
    {
        RequireBubblewrap();
        Service service = allowing.Get();
        string[] lines = service.Shell.Bash($$"""
            $A run --workdir {{service.Root}}/lend/own -- bash -c '
                {{Container}} --bind $HOME $HOME --bind $PWD $PWD bash -c "echo a > \$HOME/a; echo b > b; chmod u+s b"
                unshare -Urm sh -c "echo c > c; chmod u+s c; chown 1 c"; cat $HOME/a; stat -c "%u %a" b c | sed s/$(id -u)/mine/'
            """).Expect(0).Lines;
        Assert.Equal(["a", "mine 644", "mine 644"], lines);
        Assert.Equal("isotest-a isotest-a", service.Shell.Bash($"stat -c %U {service.Root}/lend/own/b {service.Root}/lend/own/c | xargs").Silent());
    }

    [SkippableFact]
    public void WhatIsHiddenStaysHiddenWhateverIsMountedAndUnmounted()
    {
        Service service = allowing.Get();
        using Client other = service.Shell.StartPayload("sleep 60");
        File.WriteAllText(service.Work + "/look.py", Look);
        string[] lines = service.Shell.Bash($"$A run -- unshare -Urm python3 $WORK/look.py {service.Root}/lend {service.State} {service.Run} /sys/fs/cgroup < /dev/null").Silent().Split('\n');
        Assert.Equal($"{service.Root}/lend: []", lines[0]);
        Assert.Equal($"{service.State}: []", lines[1]);
        Assert.Equal($"{service.Run}: ['etc', 'lent', 'scratch']", lines[2]);
        Assert.Equal("/sys/fs/cgroup: []", lines[3]);
        Assert.Equal(["done"], lines[4..]); // anything else has come to be seen

        string seen = service.Shell.Bash("""
            mkdir covered; touch covered/planted; unshare -m --propagation private sh -c 'mount -t tmpfs x covered && python3 look.py $0/covered' "$WORK"
            """).Silent();
        Assert.Contains("umount", seen, StringComparison.Ordinal); // where the cover is not locked, it finds what is below
    }

    [SkippableFact]
    public void ItsCapabilitiesEndAtItsNamespace()
    {
        Service service = allowing.Get();
        File.WriteAllText(service.Work + "/secret", "planted");
        service.Shell.Bash($"chown {Site.PilotA} $WORK/secret; chmod 600 $WORK/secret").Silent();
        File.WriteAllText(service.Work + "/act.py", Act);
        using Client other = service.Shell.StartPayload("sleep 60");
        string[] lines = service.Shell.Bash($"$A run -- unshare -Urm python3 $WORK/act.py $WORK {other.Uid}").Silent().Split('\n');
        Assert.Equal(["full", "done"], lines); // it has every capability there; anything else has succeeded
        Assert.True(HostProcess.IsAlive(other.Pid));
    }

    [SkippableFact]
    public void WhatAContainerLeavesIsGoneWithItsPayload()
    {
        RequireBubblewrap();
        Service service = allowing.Get();
        service.Shell.Bash($$"""
            $A run --status-file $WORK/nested-left -- bash -c '
                setsid -f {{Container}} bash -c "trap : TERM HUP; mount; sleep 1017; :"
                setsid -f unshare -Urmpf bash -c "mkdir m; mount -t tmpfs iso-nested m; touch m/ns; mount --bind /proc/self/ns/net m/ns; sleep 1017; :"
                until [ $(ps ax -o args= | grep -c "^sleep 1017") = 2 ]; do sleep 0.05; done; exit 9' > /dev/null
            """).Expect(9);
        Assert.DoesNotContain(HostProcess.All(), p => p.CommandLine.Contains("sleep 1017", StringComparison.Ordinal));
        Assert.DoesNotContain("iso-nested", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        string id = JsonDocument.Parse(File.ReadAllLines(service.Work + "/nested-left")[^1]).RootElement.GetProperty("id").GetString()!;
        string record = service.LedgerText().Split('\n').Single(line => line.Contains("\"type\":\"ended\"", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal));
        foreach (string kind in new[] { "processes", "cgroups", "ipc", "files", "scratch" })
            Assert.True(JsonDocument.Parse(record).RootElement.GetProperty("residue").GetProperty(kind).TryGetProperty("proven", out _), record);
    }

    [SkippableFact]
    public void WhereTheyAreDeniedEachCallFailsWithEpermAndThePayloadGoesOn()
    {
        RequireBubblewrap();
        Service service = denying.Get();
        File.WriteAllText(service.Work + "/namespaces.py", Namespaces);
        Assert.Equal("done", service.Shell.Bash("$A run -- python3 $WORK/namespaces.py").Silent());
        Outcome outcome = service.Shell.Bash($"$A run -- bash -c '{Container} true; echo $?; unshare -Ur true; echo $?; echo on'");
        Assert.Equal(["1", "1", "on"], outcome.Lines);
        Assert.Contains("bwrap: No permissions to create", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("unshare: unshare failed: Operation not permitted", outcome.Errors, StringComparison.Ordinal);
    }

    private static void RequireBubblewrap() => Skip.IfNot(File.Exists("/usr/bin/bwrap"), "bwrap is not installed: apt-get install bubblewrap");

    // Each way to look below what covers a place; prints the places as they are seen, and where something else came to be seen.
    private const string Look = """
        import ctypes, os, sys
        libc = ctypes.CDLL(None, use_errno=True)
        MS_BIND, MS_MOVE, MS_REC, MNT_DETACH, OPEN_TREE_CLONE, AT_RECURSIVE = 4096, 8192, 16384, 2, 1, 0x8000
        places = {place: sorted(os.listdir(place)) for place in sys.argv[1:]}
        for place, seen in places.items():
            print(place + ":", seen)
        def look(what, at, place):
            if sorted(os.listdir(at)) != places[place]: print(what, place, os.listdir(at))
        for place in places:
            above, name = os.path.split(place)
            for flags in (0, MNT_DETACH):
                libc.umount2(place.encode(), flags)
                look("umount", place, place)
            if libc.mount(place.encode(), b"/mnt", None, MS_MOVE, None) == 0: print("move", place)
            look("move", place, place)
            for flags in (0, AT_RECURSIVE):
                tree = libc.syscall(428, -100, above.encode(), OPEN_TREE_CLONE | flags)
                if tree >= 0: look("open_tree", f"/proc/self/fd/{tree}/{name}", place)
            for flags in (MS_BIND, MS_BIND | MS_REC):
                if libc.mount(above.encode(), b"/mnt", None, flags, None) == 0:
                    libc.umount2(("/mnt/" + name).encode(), MNT_DETACH)
                    look("bind", "/mnt/" + name, place)
                    libc.umount2(b"/mnt", MNT_DETACH)
            if libc.mount(b"none", b"/mnt", b"overlay", 0, f"lowerdir={above}:/usr".encode()) == 0:
                look("overlay", "/mnt/" + name, place)
                libc.umount2(b"/mnt", MNT_DETACH)
        if libc.mount(None, b"/", None, 32 | MS_BIND, None) == 0: print("the host's tree is writable")
        print("done")
        """;

    // What only capabilities of the host's own allow; prints what succeeds.
    private const string Act = """
        import ctypes, os, signal, socket, sys, time
        libc = ctypes.CDLL(None, use_errno=True)
        work, other = sys.argv[1], int(sys.argv[2])
        held = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff"))
        print("full" if int(held, 16).bit_count() > 35 else held)
        def attempt(what, act):
            try:
                if act() in (0, None): print(what)
            except OSError:
                pass
        attempt("read the pilot's secret", lambda: open(work + "/secret").close())
        attempt("replace the pilot's secret", lambda: os.unlink(work + "/secret"))
        attempt("write to the host", lambda: open("/etc/iso-nested", "w").close())
        attempt("read shadow", lambda: open("/etc/shadow").close())
        attempt("become the other payload", lambda: os.setresuid(other, other, other))
        attempt("become a uid of the host", lambda: os.setresuid(1, 1, 1))
        attempt("give a file away", lambda: (open("own", "w").close(), os.chown("own", 1, 1))[1])
        attempt("make a device node", lambda: os.mknod("disk", 0o600 | 0o060000, os.makedev(8, 0)))
        attempt("mount a file system of the host's", lambda: libc.mount(b"/dev/vda", b"/mnt", b"ext4", 0, None))
        attempt("signal cell-init", lambda: os.kill(1, 0))
        attempt("enter cell-init's mounts", lambda: libc.setns(os.open("/proc/1/ns/mnt", 0), 0))
        attempt("show the room's processes", lambda: libc.mount(b"proc", b"/mnt", b"proc", 0, None))
        attempt("set the clock", lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))
        attempt("name the machine", lambda: socket.sethostname("iso-nested"))
        attempt("open a raw socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close())
        attempt("bind a low port", lambda: socket.socket().bind(("127.0.0.1", 81)))
        attempt("read the kernel's log", lambda: 0 if libc.klogctl(3, ctypes.create_string_buffer(64), 64) >= 0 else 1)
        attempt("be killed last", lambda: os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000") and None)
        attempt("raise a limit", lambda: libc.prlimit(0, 7, (ctypes.c_ulong * 2)(1 << 30, 1 << 30), None))
        attempt("be nicer to itself", lambda: os.setpriority(os.PRIO_PROCESS, 0, -5))
        print("done")
        """;

    private const string Namespaces = """
        import ctypes, errno, os
        libc = ctypes.CDLL(None, use_errno=True)
        EPERM, ENOSYS = errno.EPERM, errno.ENOSYS
        def told(what, expected, answer):
            if answer != -1 or ctypes.get_errno() != expected: print(what, answer, os.strerror(ctypes.get_errno()))
        for name, flag in (("mnt", 0x20000), ("cgroup", 0x2000000), ("uts", 0x4000000), ("ipc", 0x8000000), ("user", 0x10000000), ("pid", 0x20000000), ("net", 0x40000000), ("time", 0x80)):
            told("unshare " + name, EPERM, libc.unshare(flag))
            if name != "time": told("clone " + name, EPERM, libc.syscall(56, flag | 17, 0, 0, 0, 0))
            told("setns " + name, EPERM, libc.setns(os.open("/proc/self/ns/" + name, 0), 0))
        told("clone3", ENOSYS, libc.syscall(435, (ctypes.c_uint64 * 8)(0x10000000), 64))
        told("mount", EPERM, libc.mount(b"x", b"/tmp", b"tmpfs", 0, None))
        told("umount", EPERM, libc.umount2(b"/tmp", 2))
        told("fsopen", EPERM, libc.syscall(430, b"tmpfs", 0))
        told("open_tree", EPERM, libc.syscall(428, -100, b"/tmp", 1))
        told("chroot", EPERM, libc.chroot(b"/tmp"))
        told("pivot_root", EPERM, libc.syscall(155, b"/tmp", b"/tmp"))
        print("done")
        """;
}

/// <summary>One service whose private rooms allow nested containers, and from which a directory can be lent.</summary>
public sealed class NestingService : IDisposable
{
    private Service? _service;

    internal Service Get()
    {
        Site.Require();
        return _service ??= Service.Start("", root =>
        {
            Directory.CreateDirectory(root + "/lend/own");
            File.WriteAllText(root + "/lend/planted", "secret");
            System.Diagnostics.Process.Start("chown", [$"{Site.PilotA}:", root + "/lend/own"]).WaitForExit();
            return () => { };
        }, "/opt", root => Site.Policy.Replace("{ room: classic }", "{ room: private, nested-containers: allow }", StringComparison.Ordinal) + $"\nlend: [{root}/lend]\n");
    }

    public void Dispose() => _service?.Dispose();
}
