using System.Diagnostics;

namespace Isolation.Linux.Tests.Traps;

/// <summary>
/// Promise: what we were surprised by once is still so on this kernel, each line of the list that this code depends on; where a kernel
/// differs, the code that leans on it wants another look. What concerns our own programs is in the tests of the whole service.
/// </summary>
public sealed class KernelTraps : IClassFixture<KernelTraps.Program>
{
    private readonly Program _traps;

    public KernelTraps(Program traps) => _traps = traps;

    /// <summary>The compiled C program, one behaviour a subcommand.</summary>
    public sealed class Program : IDisposable
    {
        private readonly CompiledProgram _program = Compiled.Program(System.IO.File.ReadAllText(System.IO.Path.Combine(AppContext.BaseDirectory, "traps", "traps.c")));

        internal string File => _program.File;

        public void Dispose() => _program.Dispose();
    }

    [Fact]
    public void AChildThatHoldsTheChannelKeepsItOpenWhileThePidFdTellsAtOnce() => Holds("held-channel");

    [Fact]
    public void TheParentDeathSignalComesWhenTheCreatingThreadEnds() => Holds("parent-death-thread");

    [SkippableFact]
    public void SetresuidClearsTheParentDeathSignal() => HoldsAsRoot("parent-death-setresuid");

    [Fact]
    public void PeerCredentialsOutliveTheirProcessAndThePeerPidFdTellsSo() => Holds("peer-credentials");

    [SkippableFact]
    public void AnyUidWithCapKillUsesACgroupKillOpenedBefore() => HoldsInCgroup("kill-opened-before", unified: true);

    [SkippableFact]
    public void AFrozenV2CgroupCanBeKilled() => HoldsInCgroup("kill-frozen", unified: true);

    [SkippableFact]
    public void AReapedPidCannotBeMoved() => HoldsInCgroup("reaped-pid", unified: true);

    [SkippableFact]
    public void ZeroWrittenToV1TasksMovesTheWriterWhoeverItIs() => HoldsInCgroup("tasks-zero", unified: false);

    [SkippableFact]
    public void TheBoundingSetCannotBeDroppedAfterSetresuid() => HoldsAsRoot("bounding-set");

    [Fact]
    public void ClearSighandKeepsWhatIsIgnoredAndTheMask() => Holds("clear-sighand");

    [SkippableFact]
    public void AProcessOfTheSameAccountStopsAChildBeforeItsExec() => HoldsAsRoot("stopped-child");

    [SkippableFact]
    public void APayloadLowersItsOomScoreWhereNobodyCouldSetItsFloor() => HoldsAsRoot("oom-score");

    [SkippableFact]
    public void TheSessionKeyringIsInheritedUntilANewOneIsJoined() => HoldsAsRoot("keyring");

    [SkippableFact]
    public void ADirectoryBehindALeakedDescriptorShowsInGetcwd() => HoldsAsRoot("getcwd");

    [SkippableFact]
    public void AnOPathDescriptorProvesNoAccess() => HoldsAsRoot("o-path");

    [Fact]
    public void NoNewPrivilegesIsTheCallingThreadsOnly() => Holds("no-new-privs");

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void AListenerThatPassesNoRightsFailsASendWithDescriptors(bool beforeAccept)
    {
        string path = Path.Combine(Path.GetTempPath(), $"iso-r-{Guid.NewGuid():N}");
        try
        {
            using UnixSocket listener = UnixSocket.Listen(UnixSocketKind.Stream, path, 4);
            Skip.IfNot(Sys.TryRefuseDescriptors(listener), "this kernel has no SO_PASSRIGHTS (Linux 6.16)");
            using UnixSocket client = UnixSocket.Connect(UnixSocketKind.Stream, path);
            using UnixSocket? accepted = beforeAccept ? null : listener.Accept();
            Assert.Equal(-1, Sys.TrySend(client, "hello"u8, [client.Number], out int errno));
            Assert.Equal(Errno.EPERM, errno);
            Assert.Equal(5, Sys.Send(client, "hello"u8, []));
            using UnixSocket server = accepted ?? listener.Accept();
            Received received = Sys.Receive(server, new byte[16], 4, out _);
            Assert.Equal((5, 0), (received.Length, received.Descriptors.Length));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [SkippableFact]
    public void StatxTellsAKindThatASleepingFuseServerCannotHoldUpWhileFstatWaits()
    {
        using SleepingMount? mount = SleepingMount.TryMount();
        Skip.If(mount is null, "no /dev/fuse, or not root");
        using Descriptor file = Sys.Open(null, mount.File, Sys.O_RDONLY);
        var time = Stopwatch.StartNew();
        Assert.Equal(FileKind.Regular, Sys.KindOf(file));
        Assert.Equal(FileKind.Regular, Sys.CachedStatus(file).Kind);
        Assert.Equal(Sys.O_RDONLY, Sys.StatusFlags(file) & 3);
        Assert.False(SealedMemory.IsSealed(file));
        Assert.True(time.ElapsedMilliseconds < 500, $"{time.ElapsedMilliseconds} ms");

        Task asks = Task.Run(() => TryStatus(file));
        Assert.False(asks.Wait(300));
        mount.Dispose(); // the connection ends, and with it the wait
        Assert.True(asks.Wait(5000));
    }

    private static void TryStatus(Descriptor file)
    {
        try
        {
            _ = Sys.StatusOf(file);
        }
        catch (SyscallException)
        {
            // ENOTCONN, once the server is gone
        }
    }

    private void Holds(params string[] arguments)
    {
        (_, string output, _) = Compiled.Run(_traps.File, arguments);
        Skip.If(output.StartsWith("skip ", StringComparison.Ordinal), output.Trim());
        Assert.Equal("ok\n", output);
    }

    private void HoldsAsRoot(params string[] arguments)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root");
        Holds(arguments);
    }

    private void HoldsInCgroup(string trap, bool unified)
    {
        CgroupLayout layout = CgroupLayout.Read();
        string? root = unified ? layout.Unified : layout.V1.GetValueOrDefault("memory");
        Skip.If(root is null, unified ? "no cgroup2 mounted" : "no memory hierarchy of cgroup v1");
        HoldsAsRoot(trap, root);
    }
}
