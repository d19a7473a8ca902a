using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>Promise: a command that takes longer to read than its digest is waited for runs all the same, to its own end.</summary>
public sealed class SlowCommandTests
{
    private const string Script = "#!/bin/sh\nsleep 5\necho whole\nexit 0\n";
    private const int Length = 1 << 20; // of which all but 128 KiB takes 18 s: longer than the 15 s for which the digest is waited for
    private const string SecondsFor128KiB = "2.6";

    [SkippableFact]
    public void OneThatIsStillBeingDigestedRunsToItsEnd()
    {
        using Service service = Service.Start();
        Skip.IfNot(File.Exists("/dev/fuse"), "no /dev/fuse on this host");
        string mount = service.Root + "/slow", content = service.Root + "/command";
        Directory.CreateDirectory(mount, (UnixFileMode)0x1ed);
        File.WriteAllText(content, Script + new string('\n', Length - Script.Length));
        ProcessStartInfo start = new("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "clients", "sleeping_fuse.py"), mount, content, SecondsFor128KiB]) { RedirectStandardOutput = true };
        using Process server = Process.Start(start)!;
        try
        {
            Skip.IfNot(server.StandardOutput.ReadLine() == "mounted", "FUSE cannot be mounted here");
            Assert.Equal("whole\n", service.Shell.Bash($"$A run -- {mount}/file").Expect(0).Output);
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
            Process.Start("umount", ["-l", mount]).WaitForExit();
        }
    }
}
