using Isolation.Linux;

namespace Isolation.Service.Tests;

/// <summary>Promise: a payload opens no device that its pilot's cgroup forbids, and runs on no CPU outside its pilot's cpuset, though neither is in a batch job.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class CgroupCeilingTests(SharedService shared)
{
    [SkippableFact]
    public void ADeviceThatThePilotMayNotOpenIsClosedToItsPayload()
    {
        string hierarchy = V1("devices");
        const string touch = "$A run -- sh -c ': < /dev/full'";
        Assert.Equal(0, shared.Get().Shell.Bash(touch).Code);
        Outcome held = InCgroup(hierarchy, "echo 'c 1:7 rwm' > $G/devices.deny", touch);
        Assert.NotEqual(0, held.Code);
        Assert.Contains("/dev/full: Operation not permitted", held.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void TheCpusetOfThePilotIsThePayloads()
    {
        string hierarchy = V1("cpuset");
        // A mask alone could be widened again by the payload: the kernel keeps it within the cpuset.
        Outcome seen = InCgroup(hierarchy, "echo 0 > $G/cpuset.cpus; cat $G/../cpuset.mems > $G/cpuset.mems",
            "$A run -- sh -c 'taskset -p -c 0-255 $$ > /dev/null; grep Cpus_allowed_list /proc/self/status | cut -f 2'");
        Assert.Equal("0", seen.Silent());
    }

    private Outcome InCgroup(string hierarchy, string prepare, string client) => shared.Get().Shell.Bash($$"""
        G={{hierarchy}}/iso-ceiling-$$; mkdir $G; {{prepare}}
        (echo $BASHPID > $G/cgroup.procs; {{client}}); code=$?
        rmdir $G; exit $code
        """);

    private static string V1(string controller)
    {
        Skip.IfNot(CgroupLayout.Read().V1.TryGetValue(controller, out string? mount), $"this host has no v1 hierarchy of {controller}: on v2 the place holds it, or the payload is refused");
        return mount!;
    }
}
