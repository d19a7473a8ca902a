using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>Promise: a stream on a file system whose server sleeps holds up the payload that has it, and nobody else.</summary>
public sealed class SleepingStreamTests
{
    [SkippableFact]
    public void OnlyThePayloadThatHasItWaits()
    {
        using Service service = Service.Start();
        Skip.IfNot(File.Exists("/dev/fuse"), "no /dev/fuse on this host");
        string mount = service.Root + "/sleeping";
        Directory.CreateDirectory(mount, (UnixFileMode)0x1ed);
        ProcessStartInfo start = new("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "clients", "sleeping_fuse.py"), mount]) { RedirectStandardOutput = true };
        using Process server = Process.Start(start)!;
        try
        {
            Skip.IfNot(server.StandardOutput.ReadLine() == "mounted", "FUSE cannot be mounted here");
            using Process waiting = service.Shell.Start(
                "exec setpriv --reuid=isotest-a --regid=isotest-a --clear-groups -- python3 -c 'import os,sys; os.close(0); os.open(sys.argv[1], os.O_RDONLY); os.set_inheritable(0, True); os.execv(sys.argv[2], sys.argv[2:])' "
                + $"{mount}/file {service.Programs}/isolation run --limit wall=4s -- cat");
            Assert.Equal("asleep", server.StandardOutput.ReadLine());
            Thread.Sleep(500);
            for (int i = 0; i < 3; i++)
            {
                var time = Stopwatch.StartNew();
                service.Shell.Bash("$B run -- true").Silent();
                Assert.True(time.Elapsed < Until.Deadline(3), $"another pilot's payload took {time.Elapsed.TotalSeconds:0.0} s");
            }

            service.Shell.Bash("$A run -- true").Silent();
            service.Shell.Bash("$ROOT status").Expect(0);
            Assert.False(waiting.HasExited);
            server.Kill();
            server.WaitForExit();
            Assert.True(waiting.WaitForExit(Until.Deadline(15)), "the payload with the sleeping stream does not end when its server has gone");
        }
        finally
        {
            if (!server.HasExited)
                server.Kill();
            server.WaitForExit();
            Process.Start("umount", ["-l", mount]).WaitForExit();
        }
    }
}
