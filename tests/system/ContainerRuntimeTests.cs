using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: a container is the same whichever runtime builds it, and the runtime changes nothing of the host's; one that hangs, dies, or says what is not so is the
/// sandbox's failure, within its deadline, and nothing of it is left.
/// </summary>
public sealed class ContainerRuntimeTests
{
    private const string Crun = "/usr/bin/crun", Runc = "/usr/sbin/runc", Sleep = "sleep 30117";

    [SkippableFact]
    public void EachBuildsTheSameAndLeavesTheHostsFilesAsTheyAre() => Assert.Equal(Seen(Crun), Seen(Runc));

    private static string Seen(string runtime)
    {
        using Service service = Start(_ => runtime);
        File.WriteAllText(service.Work + "/look", $$"""
            hostname
            ls -d /dev/*
            cat /proc/self/cgroup
            grep -E '^(Cap|Seccomp:|NoNew|Groups)' /proc/self/status
            cut -d' ' -f5 /proc/self/mountinfo | sed 's|^{{service.Root}}|ROOT|' | grep -vE '^/(opt|tmp)/' | sort -u
            wc -c < /proc/keys
            readlink /proc/1/exe
            ls /proc/self/fd
            """);
        string before = Owners(service);
        using Client client = service.Shell.StartPayload("sleep 61");
        Assert.Equal(before, Owners(service));
        // Of the room's cgroup the container's root has what it needs to have a payload born, and nothing else.
        string room = service.Slices().SelectMany(slice => Until.Directories(slice, 1)).Single(d => Path.GetFileName(d) == $"room-{client.Id}");
        Assert.Equal(
            [$"{room}/cell-{client.Id}/cgroup.procs", room + "/cgroup.procs"],
            service.Shell.Bash($"find {room} -not -uid 0").Expect(0).Lines.Order(StringComparer.Ordinal));
        service.Shell.Bash("echo 7 | $A run -- sh -c 'read n; exit $n'").Expect(7);
        string seen = service.Shell.Bash($"$A run -- bash {service.Work}/look").Expect(0).Output;
        Assert.Contains("\n/dev/full\n", seen, StringComparison.Ordinal);
        Assert.Contains("\nCapBnd:\t0000000000000000\n", seen, StringComparison.Ordinal);
        return seen.Replace(service.Root, "ROOT", StringComparison.Ordinal);
    }

    /// <summary>What it does for one payload, and what is said of it.</summary>
    public static TheoryData<string, string> Lies => new()
    {
        { "exit 3", "ended with 3" },
        { "\"$@\"; exit 3", "ended with 3" }, // the container is there
        { "\"$@\"; kill -9 $$", "ended with 137" },
        { "exit 0", "has not told the number of the container's first process" },
        { "echo garbage > $pid; exit 0", "has not told the number of the container's first process" },
        { "echo $$ > $pid; exit 0", "the container's first process" }, // which is over, or another's by then
        { Sleep + " & echo $! > $pid; exit 0", "by its runtime the container's first process, is not in" },
        { "exec " + Sleep, "did not end within 30 s" },
    };

    [SkippableTheory]
    [MemberData(nameof(Lies))]
    public void WhatOneDoesWrongIsTheSandboxsFailureAndLeavesNothing(string deed, string told)
    {
        using Service service = Start(root => root + "/bin/runtime", root => $"""
            #!/bin/sh
            # Called as: runtime … --pid-file FILE …
            for word; do [ "$last" = --pid-file ] && pid=$word; last=$word; done
            set -- {Crun} "$@"
            [ -e {root}/lie ] || exec "$@"
            {deed}
            """);
        service.Shell.Bash("$A run -- sh -c 'exit 7'").Expect(7);
        File.WriteAllText(service.Root + "/lie", "");
        long since = Stopwatch.GetTimestamp();
        string refused = service.Shell.Bash("$A run -- touch started", seconds: 60).Expect(244).Errors;
        Assert.True(Stopwatch.GetElapsedTime(since) < Until.Deadline(45), refused);
        Assert.Contains(told, refused, StringComparison.Ordinal);
        Assert.Contains("nothing of the payload has run", refused, StringComparison.Ordinal);
        Until.True(() => service.Rooms().Length == 0 && Cgroups(service).Length == 0, 10, () => string.Join(' ', service.Rooms().Concat(Cgroups(service))));
        Assert.DoesNotContain(HostProcess.All(), p => p.CommandLine.Contains(service.Root, StringComparison.Ordinal) && p.Name is "cell-init" or "crun" || p.CommandLine.Contains(Sleep, StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFileSystemEntries(service.State + "/scratch"));
        File.Delete(service.Root + "/lie");
        service.Shell.Bash("$A run -- sh -c 'exit 7'").Expect(7);
        service.VerifyLedger();
    }

    [SkippableFact]
    public void OneThatIsNotThereIsToldByName()
    {
        using Service service = Start(root => root + "/no-runtime");
        Outcome outcome = service.Shell.Bash("$A run -- true");
        Assert.Equal(242, outcome.Code);
        Assert.Contains($"there is no {service.Root}/no-runtime, which the policy names", outcome.Errors, StringComparison.Ordinal);
    }

    private static Service Start(Func<string, string> runtime, Func<string, string>? program = null)
    {
        Site.RequireContainers();
        Skip.IfNot(File.Exists(Crun) && File.Exists(Runc), "there is no crun, or no runc: run ./test, which installs both");
        Service service = Service.Prepare("", place: "/opt", policyFor: root => Site.ContainerPolicy.Replace("setuid: { room: classic }", $"container: {{ runtime: {runtime(root)}, warm: 0 }}", StringComparison.Ordinal));
        if (program is not null)
        {
            File.WriteAllText(runtime(service.Root), program(service.Root) + "\n");
            File.SetUnixFileMode(runtime(service.Root), (UnixFileMode)0x1ed);
        }

        try
        {
            service.Launch();
            return service;
        }
        catch
        {
            service.Remove();
            throw;
        }
    }

    private static string Owners(Service service) => service.Shell.Bash("stat -c '%n %u:%g %a' /dev/*").Expect(0).Output;

    private static string[] Cgroups(Service service) => [.. service.Slices().SelectMany(slice => Until.Directories(slice, 2))];
}
