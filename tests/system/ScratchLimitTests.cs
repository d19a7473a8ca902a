using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>Promise: a limit of the scratch holds against payload and client alike where the file system has project quotas, and its project is free again afterwards.</summary>
public sealed class ScratchLimitTests(QuotaService quotas) : IClassFixture<QuotaService>
{

    [SkippableFact]
    public void SpaceAndFilesAreLimited()
    {
        string said = quotas.Get().Shell.Bash("""
            $A run --limit scratch=1MiB --limit scratch-files=5 -- sh -c 'head -c 2000000 /dev/zero > f; stat -c %s f; rm f; for i in 1 2 3 4 5 6 7; do touch n$i; done; ls | wc -l' 2>&1
            """).Output;
        string[] numbers = [.. said.Split('\n').Where(l => long.TryParse(l, out _))];
        Assert.True(long.Parse(numbers[0], System.Globalization.CultureInfo.InvariantCulture) is > 900_000 and <= 1_048_576, said);
        Assert.Equal("5", numbers[1]);
        Assert.Contains("quota exceeded", said, StringComparison.OrdinalIgnoreCase);
    }

    [SkippableFact]
    public void ThePayloadCannotTakeItsFilesOutOfTheLimit()
        => Assert.Contains("Operation not permitted", quotas.Get().Shell.Bash("$A run --limit scratch=1MiB -- chattr -P . 2>&1; $A run --limit scratch=1MiB -- chattr -p 0 . 2>&1").Output, StringComparison.Ordinal);

    [SkippableFact]
    public void WhatTheClientBringsCountsToo()
    {
        string line = quotas.Get().Shell.Bash("head -c 3000000 /dev/zero > big; chmod 644 big; $A run --limit scratch=1MiB --in big -- true").Refused(244);
        Assert.Contains("quota exceeded", line, StringComparison.OrdinalIgnoreCase);
    }

    [SkippableFact]
    public void WithoutALimitThereIsNone()
        => Assert.Equal("2000000", quotas.Get().Shell.Bash("$A run -- sh -c 'head -c 2000000 /dev/zero > f; stat -c %s f'").Silent());

    [SkippableFact]
    public void DoctorSaysThatTheyAreEnforced()
        => Assert.Contains("has project quotas", quotas.Get().Shell.Bash("$A doctor --json").Output, StringComparison.Ordinal);
}

/// <summary>A service whose state directory is an ext4 with project quotas.</summary>
public sealed class QuotaService : IDisposable
{
    private Service? _service;

    internal Service Get() => _service ??= Service.Start(prepare: WithQuotas);

    public void Dispose() => _service?.Dispose();

    private static Action WithQuotas(string root)
    {
        string image = root + "/image", state = root + "/state";
        Directory.CreateDirectory(state);
        int made = Run($"truncate -s 64M {image} && mkfs.ext4 -q -O project,quota -E quotatype=prjquota {image}");
        int mounted = made == 0 ? Run($"mount -o loop,prjquota {image} {state} 2> /dev/null") : 1;
        if (mounted != 0)
            Run($"rm -rf --one-file-system {root}");
        Skip.If(mounted != 0, "this kernel mounts no ext4 with project quotas from a loop device (CONFIG_QFMT_V2)");
        return () => Run($"umount -l {state} 2> /dev/null");
    }

    private static int Run(string script)
    {
        using Process process = Process.Start("/bin/sh", ["-c", script]);
        process.WaitForExit();
        return process.ExitCode;
    }
}
