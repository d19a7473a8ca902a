using System.Diagnostics;
using Isolation.Linux;

namespace Isolation.Cells.Tests;

/// <summary>The network namespace of a pilot is known by the kernel's word, and of a process that is still that pilot's.</summary>
public sealed class PilotNetworkTests
{
    [Fact]
    public void Our_own_is_none()
    {
        using PidFd self = PidFd.TryOpen(Environment.ProcessId, out _)!;
        Assert.Null(PilotNetwork.Of(self));
        Assert.Null(PilotNetwork.IdOf(self));
    }

    [SkippableFact]
    public void Anothers_is_told_apart_and_a_process_that_is_over_has_none()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "a network namespace of its own needs root");
        using var one = Process.Start("unshare", ["-n", "sleep", "60"]);
        using var other = Process.Start("unshare", ["-n", "sleep", "60"]);
        try
        {
            foreach (Process process in new[] { one, other })
                Assert.True(SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{process.Id}/comm") == "sleep\n", TimeSpan.FromSeconds(10)));
            using PidFd first = PidFd.TryOpen(one.Id, out _)!, second = PidFd.TryOpen(other.Id, out _)!;
            using (PilotNetwork held = PilotNetwork.Of(first)!)
            {
                Assert.Equal($"net:[{held.Id.Inode}]", new FileInfo($"/proc/{one.Id}/ns/net").LinkTarget);
                Assert.Equal(held.Id, PilotNetwork.IdOf(first));
                Assert.NotEqual(held.Id, PilotNetwork.IdOf(second));
            }

            one.Kill();
            Assert.True(SpinWait.SpinUntil(() => first.IsOver, TimeSpan.FromSeconds(10)));
            Assert.Equal(Errno.ESRCH, Assert.Throws<SyscallException>(() => PilotNetwork.Of(first)).Errno);
        }
        finally
        {
            one.Kill();
            other.Kill();
            one.WaitForExit();
            other.WaitForExit();
        }
    }
}
