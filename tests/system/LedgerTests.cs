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

        string segment = Directory.EnumerateFiles(service.State + "/ledger", "*", SearchOption.AllDirectories).First(f => File.ReadAllText(f).Contains("/each/zoe", StringComparison.Ordinal));
        string copy = service.Root + "/copy";
        service.Shell.Bash($"cp -r {service.State}/ledger {copy} && sed -i 's#/each/zoe#/each/eve#' {copy}/{Path.GetRelativePath(service.State + "/ledger", segment)}").Expect(0);
        Assert.NotEqual(0, service.Shell.Bash($"$ROOT trace verify {copy}").Code);
    }

    [SkippableFact]
    public void AFullDiskStartsNothingAndLosesNoEnding()
    {
        using Service service = Service.Start(prepare: root => Tmpfs(root, "size=3m"));
        using Client running = service.Shell.StartPayload("sleep 60");
        service.Shell.Bash($"dd if=/dev/zero of={service.State}/ledger/filler bs=64k; true");
        List<int> codes = [];
        for (int i = 0; i < 400 && !codes.Contains(242); i++)
            codes.Add(service.Shell.Bash($"$A run -- sh -c 'echo {i} >> {service.Work}/ran'").Code);
        Assert.Contains(242, codes);
        string ran = File.Exists(service.Work + "/ran") ? File.ReadAllText(service.Work + "/ran") : "";
        Assert.Equal(codes.Count(c => c == 0), ran.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        string line = service.Shell.Bash("$A run -- true").Refused(242);
        Assert.Contains("ledger", line, StringComparison.OrdinalIgnoreCase);

        running.Signal(15);
        Assert.Equal(143, running.Wait());
        Assert.Contains("ended", service.Shell.Bash($"$ROOT trace --json --payload {running.Id}").Output, StringComparison.Ordinal);
        File.Delete(service.State + "/ledger/filler");
        service.VerifyLedger();
    }

    [SkippableFact]
    public void AReadOnlyLedgerStartsNothing()
    {
        using Service service = Service.Start(prepare: root => Tmpfs(root, "size=64m"));
        service.Shell.Bash("$A run -- true").Silent();
        // A file system with open writers cannot be made read-only, so what is written fails as it would there.
        int code = service.Shell.Bash($"mount -o remount,ro {service.State}/ledger").Code;
        Skip.IfNot(code == 0, "the kernel does not remount a file system with open writers read-only");
        Assert.Contains(service.Shell.Bash($"$A run -- touch {service.Work}/must-not-be").Code, new[] { 242 });
        Assert.False(File.Exists(service.Work + "/must-not-be"));
        service.Shell.Bash($"mount -o remount,rw {service.State}/ledger").Expect(0);
    }

    private static Action Tmpfs(string root, string options)
    {
        string ledger = root + "/state/ledger";
        Directory.CreateDirectory(root + "/state", (UnixFileMode)0x1ed);
        Directory.CreateDirectory(ledger, (UnixFileMode)0x1ed);
        Process.Start("mount", ["-t", "tmpfs", "-o", options, "iso-ledger", ledger]).WaitForExit();
        Process.Start("chown", ["isolation:", ledger]).WaitForExit();
        return () => Process.Start("umount", ["-l", ledger]).WaitForExit();
    }
}
