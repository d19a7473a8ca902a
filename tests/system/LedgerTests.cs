using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>Promise: without a durable record nothing starts; what ran is recorded with who, as whom and how it ended, in a chain that verifies.</summary>
public sealed class LedgerTests
{
    [SkippableFact]
    public void WhatRanIsRecordedAndTheChainVerifies()
    {
        using Service service = Service.Start();
        service.Shell.Bash("$A run --claim /each/zoe --tag job=77 -- sh -c 'exit 5'").Expect(5);
        string trace = service.Shell.Bash("$ROOT trace --json").Expect(0).Output;
        foreach (string expected in new[] { "/each/zoe", "\"job\"", "77", "admitted", "started", "ended" })
            Assert.Contains(expected, trace, StringComparison.Ordinal);
        service.Shell.Bash("$ROOT trace").Expect(0);
        service.VerifyLedger();

        string segment = service.Segments().First(f => Service.ReadShared(f).Contains("/each/zoe", StringComparison.Ordinal));
        string copy = service.Root + "/copy";
        service.Shell.Bash($"cp -r {service.State}/ledger {copy} && sed -i 's#/each/zoe#/each/eve#' {copy}/{Path.GetRelativePath(service.State + "/ledger", segment)}").Expect(0);
        Assert.NotEqual(0, service.Shell.Bash($"$ROOT trace verify {copy}").Code);
    }

    [SkippableFact]
    public void AFullDiskStartsNothingAndSaysSo()
    {
        using Service service = Service.Start(prepare: root => Tmpfs(root, "size=3m"));
        string line = service.Shell.Bash("$A run -- touch $WORK/must-not-be").Refused(242);
        Assert.Contains("space", line, StringComparison.Ordinal);
        Assert.False(File.Exists(service.Work + "/must-not-be"));
        Assert.Contains("\"ledger\":{\"ready\":false", service.Shell.Bash("$ROOT status --json").Expect(0).Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ADiskThatFillsUpLaterLosesNoEnding()
    {
        using Service service = Service.Start(prepare: root => Tmpfs(root, "size=40m"));
        using Client running = service.Shell.StartPayload("sleep 60");
        service.Shell.Bash($"dd if=/dev/zero of={service.State}/ledger/filler bs=64k; true");
        running.Signal(15);
        Assert.Equal(143, running.Wait());
        Assert.Contains("\"ended\"", service.Shell.Bash($"$ROOT trace --json --payload {running.Id}").Output, StringComparison.Ordinal);
        File.Delete(service.State + "/ledger/filler");
        service.VerifyLedger();
    }

    [SkippableFact]
    public void AReadOnlyLedgerStartsNothing()
    {
        Service service = Service.Prepare(Site.Policy, root => Tmpfs(root, "size=64m,ro"));
        try
        {
            List<string> log = [];
            using Process daemon = service.StartDaemon(log.Add);
            // Either it does not start, and says why, or it starts and refuses every payload.
            Until.Try(() => daemon.HasExited || service.Answers(), 20);
            if (daemon.HasExited)
            {
                daemon.WaitForExit();
                Assert.NotEqual(0, daemon.ExitCode);
                Assert.Contains(log, l => l.Contains("ledger", StringComparison.Ordinal) || l.Contains("Read-only", StringComparison.Ordinal));
                service.Shell.Bash($"$A run -- touch {service.Work}/must-not-be").Refused(242);
            }
            else
            {
                service.Shell.Bash($"$A run -- touch {service.Work}/must-not-be").Refused(242);
                HostProcess.Signal(daemon.Id, 15);
                daemon.WaitForExit(10_000);
            }

            Assert.False(File.Exists(service.Work + "/must-not-be"));
        }
        finally
        {
            service.Remove();
        }
    }

    private static Action Tmpfs(string root, string options)
    {
        string ledger = root + "/state/ledger";
        Directory.CreateDirectory(root + "/state", (UnixFileMode)0x1ed);
        Directory.CreateDirectory(ledger, (UnixFileMode)0x1ed);
        Process.Start("mount", ["-t", "tmpfs", "-o", options + ",uid=isolation,mode=750", "iso-ledger", ledger]).WaitForExit();
        return () => Process.Start("umount", ["-l", ledger]).WaitForExit();
    }
}
