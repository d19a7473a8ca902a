using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

/// <summary>Whose directory is to be lent, and how that process sees the tree.</summary>
/// <param name="Pid">The client's pid: only it may name the directory.</param>
/// <param name="Uid">Its effective uid.</param>
/// <param name="Gid">Its effective gid.</param>
/// <param name="Groups">Its supplementary groups.</param>
/// <param name="MountNamespace">Its mount namespace.</param>
/// <param name="Root">Its root directory.</param>
/// <param name="Roots">Directories of its tree below which it may lend: absolute, plain, without a slash at the end.</param>
public sealed record LendingOrder(
    int Pid, uint Uid, uint Gid, ImmutableArray<uint> Groups, Descriptor MountNamespace, Descriptor Root, ImmutableArray<string> Roots);

/// <summary>What a helper found.</summary>
/// <param name="Failed">The step that failed, or none.</param>
/// <param name="Error">If it did: the kernel's error number.</param>
/// <param name="Path">What the client named.</param>
/// <param name="Status">Kind, mode, owner, place of the directory.</param>
/// <param name="FileSystem">The magic number of its file system (statfs(2)).</param>
/// <param name="Mount">A detached copy of its mount with the directory as its root; null where a step failed. The receiver's to dispose.</param>
public sealed record LendingAnswer(LendingStep Failed, int Error, byte[] Path, FileStatus Status, long FileSystem, Descriptor? Mount);

/// <summary>
/// A process that looks for one directory with a client's rights, in the client's own view of the tree. Only for NativeAOT programs. Whoever disposes
/// it kills it; <see cref="IsOver"/> tells when it is gone, which a file system that does not answer can put off.
/// </summary>
public sealed unsafe class LendingErrand : IDisposable
{
    private const ulong CLONE_PIDFD = 0x1000;
    private const ulong CLONE_CLEAR_SIGHAND = 0x100000000;
    private const int SIGCHLD = 17;
    private const int SIGKILL = 9;
    private const int SafeNumber = 64;
    private readonly PidFd _process;
    private readonly UnixSocket _answers;
    private UnixSocket? _clientEnd;
    private bool _isReaped;

    private LendingErrand(PidFd process, UnixSocket answers, UnixSocket clientEnd) => (_process, _answers, _clientEnd) = (process, answers, clientEnd);

    /// <summary>It is gone, and reaped.</summary>
    public bool IsOver
    {
        get
        {
            if (!_isReaped && _process.IsOver)
            {
                _ = Sys.WaitFor(_process, reap: true);
                _isReaped = true;
            }

            return _isReaped;
        }
    }

    /// <summary>Starts one.</summary>
    /// <exception cref="SyscallException">It could not be started.</exception>
    public static LendingErrand Start(LendingOrder order)
    {
        using NativeBlock block = new();
        (UnixSocket own, UnixSocket clients) = UnixSocket.Pair(UnixSocketKind.SeqPacket);
        (UnixSocket answers, UnixSocket reports) = UnixSocket.Pair(UnixSocketKind.SeqPacket);
        List<Descriptor> held = [own, reports];
        try
        {
            Sys.AskForCredentials(own);
            _ = Sys.TryRefuseDescriptors(own);
            LendingPlan plan = Prepare(order, own, reports, block, held);
            (PidFd? process, int errno) = Clone(&plan);
            return process is null ? throw new SyscallException("clone3", "lending helper", errno) : new LendingErrand(process, answers, clients);
        }
        catch
        {
            clients.Dispose();
            answers.Dispose();
            throw;
        }
        finally
        {
            foreach (Descriptor copy in held)
                copy.Dispose();
        }
    }

    /// <summary>The client's end of the socket over which it names the directory; handed over once, the caller's to dispose.</summary>
    public UnixSocket TakeClientEnd() => Interlocked.Exchange(ref _clientEnd, null) ?? throw new InvalidOperationException("the client's end was taken before");

    /// <summary>Waits for what it found; null when it did not answer in time, or went without a word.</summary>
    public LendingAnswer? Await(TimeSpan within)
    {
        if (Sys.Poll(_answers, PollEvents.In, (int)within.TotalMilliseconds) == PollEvents.None)
            return null;
        byte[] message = new byte[sizeof(LendingReport) + LendingPlan.LongestPath];
        Received received = Sys.Receive(_answers, message, 1, out _);
        if (received.Length < sizeof(LendingReport))
            return null;
        LendingReport report = MemoryMarshal.Read<LendingReport>(message);
        Descriptor? mount = received.Descriptors.FirstOrDefault();
        FileStatus status = new(
            (FileKind)(report.Mode >> 12), report.Mode & 0xfff, report.Uid, 0, 0, report.Inode, ((long)report.DeviceMajor << 32) | report.DeviceMinor, 0, 0);
        return new LendingAnswer((LendingStep)report.Step, report.Errno, message[sizeof(LendingReport)..received.Length], status, report.FileSystem, mount);
    }

    /// <summary>Ends it, where it does not hang.</summary>
    public void Kill()
    {
        try
        {
            _process.Signal(SIGKILL);
        }
        catch (ObjectDisposedException)
        {
            // It is over already.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Interlocked.Exchange(ref _clientEnd, null)?.Dispose();
        _answers.Dispose();
        if (!IsOver)
        {
            _process.Signal(SIGKILL);
            if (Sys.Poll(_process, PollEvents.In, 100) != PollEvents.None)
                _ = IsOver;
        }

        if (_isReaped)
            _process.Dispose(); // else whoever counts the stuck ones still asks it
    }

    private static LendingPlan Prepare(LendingOrder order, UnixSocket own, UnixSocket reports, NativeBlock block, List<Descriptor> held)
    {
        byte[][] roots = [.. order.Roots.Select(Encoding.UTF8.GetBytes)];
        ReadOnlyMemory<byte>[] texts = [.. roots.Select(r => (ReadOnlyMemory<byte>)r)];
        return new LendingPlan
        {
            Client = Hold(own),
            Warden = Hold(reports),
            MountNamespace = Hold(order.MountNamespace),
            Root = Hold(order.Root),
            Pid = order.Pid,
            Uid = order.Uid,
            Gid = order.Gid,
            Groups = block.Array<uint>(order.Groups.AsSpan()),
            GroupCount = order.Groups.Length,
            Roots = block.Vector(texts),
            RootLengths = block.Array<int>([.. roots.Select(r => r.Length)]),
            RootCount = roots.Length,
            Path = block.Array<byte>(new byte[LendingPlan.LongestPath + 2]),
            Status = block.Array<byte>(new byte[256]),
            FileSystem = block.Array<byte>(new byte[256]),
            Control = block.Array<byte>(new byte[64]),
            Dot = block.Text("."u8),
            Nothing = block.Text(""u8),
        };

        int Hold(Descriptor original)
        {
            Descriptor copy = original.Duplicate(SafeNumber);
            held.Add(copy);
            return copy.Number;
        }
    }

    // The child is this process until its first call; nothing managed runs in it.
    private static (PidFd? Process, int Errno) Clone(LendingPlan* plan)
    {
        Raw.Warm();
        int pidfd = -1;
        CloneArguments arguments = new() { Flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND, PidFd = (ulong)(nint)(&pidfd), ExitSignal = SIGCHLD };
        nint pid = Raw.Call(Raw.SYS_clone3, (nint)(&arguments), sizeof(CloneArguments), 0, 0, 0, 0);
        if (pid == 0)
            LendingChild.Become(plan);
        return pid < 0 ? (null, *Raw.ErrnoLocation()) : (new PidFd(pidfd), 0);
    }
}
