using System.Diagnostics;
using Isolation.Core;
using Xunit;

namespace Isolation.Ledger.Tests;

/// <summary>Promise: on a really full file system nothing new is admitted, every payload gets its ending, also after a crash; on a read-only one the ledger does not open.</summary>
public sealed class FullDiskTests
{
    [SkippableFact]
    public async Task A_full_file_system_stops_admissions_and_loses_no_ending()
    {
        using var mount = new SmallFileSystem();
        string path = Path.Combine(mount.Path, "ledger");
        List<LedgerReceipt> receipts = [];
        string filler = Path.Combine(mount.Path, "filler");
        await using (NodeLedger ledger = NodeLedger.Open(path, Samples.SmallSegments, TimeProvider.System))
        {
            for (int i = 0; i < 20; i++)
                receipts.Add(await ledger.AdmitAsync());
            Fill(filler);
            LedgerException? full = null;
            while (full is null && receipts.Count < 1000)
            {
                try
                {
                    receipts.Add(await ledger.AdmitAsync());
                }
                catch (LedgerException e)
                {
                    full = e;
                }
            }

            Assert.Contains("no space", full?.Cause ?? "", StringComparison.OrdinalIgnoreCase);
            for (int i = 0; i < 5; i++)
                await ledger.EndAsync(receipts[i]);
            receipts.RemoveRange(0, 5);
        }

        // A restart on the full disk: the space of the others is still theirs.
        await using (NodeLedger ledger = NodeLedger.Open(path, Samples.SmallSegments, TimeProvider.System))
        {
            Assert.Equal(receipts, ledger.Unended);
            foreach (LedgerReceipt receipt in receipts)
            {
                ledger.Started(receipt.Payload, new ProcessId(1));
                await ledger.EndAsync(receipt);
            }

            File.Delete(filler);
            await DurabilityTests.UntilAsync(() => ledger.Health is LedgerHealth.Healthy);
            await ledger.EndAsync(await ledger.AdmitAsync());
        }

        Assert.Empty(Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(path)).OpenPayloads);
    }

    [SkippableFact]
    public async Task A_ledger_begun_on_a_full_file_system_is_unavailable_until_there_is_space()
    {
        using var mount = new SmallFileSystem();
        string path = Path.Combine(mount.Path, "ledger");
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "lock"), "");
        string filler = Path.Combine(mount.Path, "filler");
        Fill(filler);
        await using NodeLedger ledger = NodeLedger.Open(path, Samples.SmallSegments, TimeProvider.System);
        Assert.IsType<LedgerHealth.Unavailable>(ledger.Health);
        await Assert.ThrowsAsync<LedgerException>(ledger.AdmitAsync);
        File.Delete(filler);
        await DurabilityTests.UntilAsync(() => ledger.Health is LedgerHealth.Healthy);
        await ledger.AdmitAsync();
        Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(path));
    }

    [SkippableFact]
    public void A_read_only_directory_is_refused_with_what_to_do()
    {
        using var mount = new SmallFileSystem();
        mount.MakeReadOnly();
        LedgerException refused = Assert.Throws<LedgerException>(() => NodeLedger.Open(mount.Path, Samples.SmallSegments, TimeProvider.System));
        Assert.Contains("Read-only file system", refused.Cause, StringComparison.OrdinalIgnoreCase);
        Assert.NotEmpty(refused.Fix);
    }

    private static void Fill(string path)
    {
        using FileStream file = File.Create(path);
        byte[] block = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>A tmpfs of 2 MiB, mounted for one test.</summary>
    private sealed class SmallFileSystem : IDisposable
    {
        private readonly TestDirectory _directory = new();

        public SmallFileSystem()
        {
            bool mounted = Environment.UserName == "root" && Run("mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", _directory.Path);
            if (!mounted)
                _directory.Dispose();
            Skip.IfNot(mounted, "needs root and the right to mount a tmpfs");
        }

        public string Path => _directory.Path;

        public void MakeReadOnly() => Assert.True(Run("mount", "-o", "remount,ro", _directory.Path));

        public void Dispose()
        {
            Assert.True(Run("umount", _directory.Path));
            _directory.Dispose();
        }

        private static bool Run(string program, params string[] arguments)
        {
            using Process process = Process.Start(program, arguments);
            process.WaitForExit();
            return process.ExitCode == 0;
        }
    }
}
