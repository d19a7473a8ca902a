using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>What a child that its parent forks as it is will do: connect, say something, wait for leave, and execute a program.</summary>
public sealed record ForkPlan
{
    /// <summary>Paths of the program, tried in this order as execvp does.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Programs { get; init; }

    /// <summary>Arguments, without terminating NULs.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Arguments { get; init; }

    /// <summary>Environment entries, without terminating NULs.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Environment { get; init; }

    /// <summary>Working directory; null for the parent's.</summary>
    public ReadOnlyMemory<byte>? Directory { get; init; }

    /// <summary>Bit n is set when descriptor n of 0, 1, 2 is to stay open. No other descriptor is passed on.</summary>
    public required byte OpenStreams { get; init; }

    /// <summary>The path to connect to: at most 107 bytes.</summary>
    public required ReadOnlyMemory<byte> Address { get; init; }

    /// <summary>What is sent there.</summary>
    public required ReadOnlyMemory<byte> Greeting { get; init; }
}

/// <summary>
/// A child that is its parent in everything but its number: identity, session, limits, directory. It connects itself, so that the kernel tells the other end
/// of it; the connection is its parent's too. Only for NativeAOT programs: the child runs code of this method's image.
/// </summary>
public sealed unsafe class ForkedChild : IDisposable
{
    private const ulong CLONE_PIDFD = 0x1000;
    private const ulong CLONE_CLEAR_SIGHAND = 0x100000000;
    private const int SIGCHLD = 17;
    private const int ReportSize = 8;
    private readonly Descriptor _leave;
    private readonly Descriptor _report;

    private ForkedChild(PidFd process, int pid, Descriptor leave, Descriptor report) => (Process, Pid, _leave, _report) = (process, pid, leave, report);

    /// <summary>The child.</summary>
    public PidFd Process { get; }

    /// <summary>Its number.</summary>
    public int Pid { get; }

    /// <summary>Readable when <see cref="Take"/> has something.</summary>
    public Descriptor Report => _report;

    /// <summary>Forks; null, with the error number, when the kernel has no room for another process.</summary>
    /// <param name="plan">What the child does.</param>
    /// <param name="connection">Not connected yet: the child does that.</param>
    /// <param name="errno">Why not.</param>
    public static ForkedChild? TryStart(ForkPlan plan, UnixSocket connection, out int errno)
    {
        using NativeBlock block = new();
        (Descriptor leaveRead, Descriptor leaveWrite) = Sys.Pipe();
        (Descriptor reportRead, Descriptor reportWrite) = Sys.Pipe();
        using (leaveRead)
        using (reportWrite)
        {
            RawFork raw = new()
            {
                Programs = block.Vector(plan.Programs),
                Arguments = block.Vector(plan.Arguments),
                Environment = block.Vector(plan.Environment),
                Directory = plan.Directory is ReadOnlyMemory<byte> directory ? block.Text(directory.Span) : null,
                OpenStreams = plan.OpenStreams,
                Socket = connection.Number,
                Address = block.Array<byte>([1, 0, .. plan.Address.Span, 0]), // AF_UNIX
                AddressLength = plan.Address.Length + 3,
                Greeting = block.Array(plan.Greeting.Span),
                GreetingLength = plan.Greeting.Length,
                Leave = leaveRead.Number,
                LeaveWrite = leaveWrite.Number,
                Report = reportWrite.Number,
                Parent = Environment.ProcessId,
            };
            Raw.Warm();
            int pidfd = -1;
            CloneArguments arguments = new() { Flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND, PidFd = (ulong)(nint)(&pidfd), ExitSignal = SIGCHLD };
            nint pid = Raw.Call(Raw.SYS_clone3, (nint)(&arguments), sizeof(CloneArguments), 0, 0, 0, 0);
            if (pid == 0)
                RawFork.Become(&raw);
            errno = pid < 0 ? *Raw.ErrnoLocation() : 0;
            if (pid > 0)
                return new ForkedChild(new PidFd(pidfd), (int)pid, leaveWrite, reportRead);
        }

        leaveWrite.Dispose();
        reportRead.Dispose();
        return null;
    }

    /// <summary>What the child has to say; waits for it.</summary>
    public ForkReport Take(out int errno)
    {
        Span<byte> report = stackalloc byte[ReportSize];
        int length = Sys.TryRead(_report, report, out errno);
        if (length != ReportSize)
            return ForkReport.Silent;
        errno = MemoryMarshal.Read<int>(report[4..]);
        return (ForkReport)MemoryMarshal.Read<int>(report);
    }

    /// <summary>The child may go on.</summary>
    public void LetGo()
    {
        _ = Sys.TryWrite(_leave, [1], out _);
        _leave.Dispose();
    }

    /// <summary>The child must not go on, unless it was let go: it ends.</summary>
    public void GiveUp() => _leave.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        _leave.Dispose();
        _report.Dispose();
        Process.Dispose();
    }
}

/// <summary>What a forked child reports.</summary>
public enum ForkReport
{
    /// <summary>Nothing more: it has executed its program, or ended.</summary>
    Silent = 0,

    /// <summary>It has connected and sent its greeting.</summary>
    Connected = 1,

    /// <summary>It could not connect or send: nothing has run.</summary>
    NotConnected = 2,

    /// <summary>The directory could not be entered: nothing has run.</summary>
    Directory = 3,

    /// <summary>The program could not be executed: nothing has run.</summary>
    Exec = 4,
}
