using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>
/// A mount namespace in which nothing lives, held by its descriptor. It is made by a child of one raw clone3 that changes it and goes: no
/// thread of this process is ever in it, since the runtime may make threads at any moment, and they inherit their maker's namespaces.
/// </summary>
public sealed unsafe class MountNamespace : IDisposable
{
    private const ulong CLONE_PIDFD = 0x1000;
    private const ulong CLONE_NEWNS = 0x20000;
    private const int SIGCHLD = 17;
    private const int SIGKILL = 9;

    private MountNamespace(Descriptor file) => File = file;

    /// <summary>Its open file, for setns.</summary>
    public Descriptor File { get; }

    /// <summary>A copy of this process's mount namespace, changed by these steps.</summary>
    /// <exception cref="SyscallException">A step failed, or they took longer than the deadline.</exception>
    public static MountNamespace Make(IReadOnlyList<MountStep> steps, TimeSpan deadline)
    {
        using NativeBlock block = new();
        (Descriptor read, Descriptor write) = Sys.Pipe();
        (Descriptor held, Descriptor let) = Sys.Pipe();
        using (read)
        using (write)
        using (held)
        using (let)
        {
            RawCall* calls = RawCall.Prepare(steps, mount => mount.Number, block);
            Raw.Warm();
            int pidfd = -1;
            CloneArguments arguments = new() { Flags = CLONE_PIDFD | CLONE_NEWNS, PidFd = (ulong)(nint)(&pidfd), ExitSignal = SIGCHLD };
            int report = write.Number, gate = held.Number, gateWriter = let.Number, count = steps.Count;
            nint pid = Raw.Call(Raw.SYS_clone3, (nint)(&arguments), sizeof(CloneArguments), 0, 0, 0, 0);
            if (pid == 0)
                Become(calls, count, report, gate, gateWriter);
            if (pid < 0)
                throw new SyscallException("clone3", "a mount namespace", *Raw.ErrnoLocation());

            using PidFd child = new(pidfd);
            try
            {
                write.Dispose();
                Await(read, steps, deadline);
                return new MountNamespace(Sys.Open(null, $"/proc/{pid}/ns/mnt", Sys.O_RDONLY));
            }
            finally
            {
                child.Signal(SIGKILL);
                if (Sys.Poll(child, PollEvents.In, 1000) != PollEvents.None)
                    _ = Sys.WaitFor(child, reap: true);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    // Runs in the child and never returns: waits until it is killed, or until the parent is gone.
    private static void Become(RawCall* calls, int count, int report, int gate, int gateWriter)
    {
        _ = Raw.Call(Raw.SYS_close, gateWriter, 0, 0, 0, 0, 0);
        int* answer = stackalloc int[2];
        answer[0] = RawCall.Make(calls, count);
        answer[1] = *Raw.ErrnoLocation();
        _ = Raw.Call(Raw.SYS_write, report, (nint)answer, 8, 0, 0, 0);
        _ = Raw.Call(Raw.SYS_read, gate, (nint)answer, 1, 0, 0, 0);
        _ = Raw.Call(Raw.SYS_exit_group, 0, 0, 0, 0, 0, 0);
    }

    private static void Await(Descriptor read, IReadOnlyList<MountStep> steps, TimeSpan deadline)
    {
        Span<byte> report = stackalloc byte[8];
        if (Sys.Poll(read, PollEvents.In, (int)deadline.TotalMilliseconds) == PollEvents.None || Sys.Read(read, report) != 8)
            throw new SyscallException("mount namespace", $"not made within {deadline.TotalSeconds:0} s", Errno.ETIMEDOUT);
        int failed = MemoryMarshal.Read<int>(report);
        if (failed >= 0)
            throw new SyscallException("mount namespace", steps[failed].Name, MemoryMarshal.Read<int>(report[4..]));
    }
}
