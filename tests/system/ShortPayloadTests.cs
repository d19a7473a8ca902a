using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>Promise: a payload that is over at once is told of like any other, also where its room has ended before anybody looked up its process there.</summary>
public sealed class ShortPayloadTests
{
    // On tmpfs, as /run is, where a ticket is written quickest and a cell-init goes soonest.
    [SkippableFact]
    public void EachOfManyIsToldOf()
    {
        using Service service = Service.Start(Site.PrivatePolicy, RunInMemory, "/opt");
        Outcome outcome = service.Shell.Bash("for i in {1..200}; do $A run -- /bin/true || echo lost; done", seconds: 120);
        Assert.Equal("", outcome.Silent());
    }

    private static Action RunInMemory(string root)
    {
        Directory.CreateDirectory(root + "/run", (UnixFileMode)0x1ed);
        Process.Start("mount", ["-t", "tmpfs", "-o", "mode=755", "iso-run", root + "/run"]).WaitForExit();
        return () => Process.Start("umount", ["-l", root + "/run"]).WaitForExit();
    }
}
