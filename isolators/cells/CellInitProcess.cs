using System.Collections.Immutable;
using System.Text;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>Starts cell-init on the host, with the host's root but for a few capabilities.</summary>
public static class CellInitProcess
{
    private const ulong Needed = Capabilities.Kill | Capabilities.SetUid | Capabilities.SetGid | Capabilities.SetPcap | Capabilities.SysResource;
    private const int SIGCHLD = 17;
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30); // nobody else can stop it: only a node under heavy load is so slow

    /// <summary>Starts it with a listening control socket and the cell's secret.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="listener">The control socket.</param>
    /// <param name="secret">The cell's secret.</param>
    /// <param name="network">The network namespace it and its payload will be in; null for our own.</param>
    /// <param name="own">Namespaces of its own; null for the host's.</param>
    /// <returns>The process; whoever holds it reaps it.</returns>
    /// <exception cref="SyscallException">It could not be started.</exception>
    public static PidFd Start(string program, UnixSocket listener, byte[] secret, PilotNetwork? network, RoomNamespaces? own = null)
    {
        using Descriptor secretFile = SealedMemory.Create("secret"u8, secret);
        using Descriptor nothing = Sys.Open(null, "/dev/null", Sys.O_RDWR);
        using Descriptor errors = StandardError();
        using Descriptor? file = own is null ? null : Sys.Open(null, program, Sys.O_PATH);
        byte[] path = Encoding.UTF8.GetBytes(program);
        ImmutableArray<ReadOnlyMemory<byte>> environment = [];
        CrashSwitch.Tell(ref environment);
        ChildPlan plan = new()
        {
            Program = path,
            ProgramFile = file,
            Namespaces = own?.Kinds ?? OwnNamespaces.None,
            Nursery = own?.Nursery,
            Mounts = own?.Mounts ?? [],
            Arguments = [path],
            Environment = environment,
            Descriptors = [nothing, nothing, errors, listener, secretFile],
            NetworkNamespace = network?.File,
            BoundingSet = own is null ? Needed : Needed | Capabilities.SysAdmin,
            SignalMask = SignalFd.MaskOf(SIGCHLD), // inherited by every thread of the runtime, so that a signalfd gets them all
        };
        return Child.Start(plan, StartDeadline) switch
        {
            ChildResult.Running running => running.Process,
            ChildResult.Failed { Step: >= ChildResult.Failed.FirstMount } failed
                => throw new SyscallException("start cell-init", plan.Mounts[failed.Step - ChildResult.Failed.FirstMount].Name, failed.Errno),
            ChildResult.Failed failed => throw new SyscallException("start cell-init", $"{program}, step {((StartStep)failed.Step).Name()}", failed.Errno),
            _ => throw new InvalidOperationException("a start without a result"),
        };
    }

    /// <summary>A copy of this process's standard error, for a child; the caller's to dispose.</summary>
    private static Descriptor StandardError()
    {
        Descriptor two = new(2);
        try
        {
            return two.Duplicate();
        }
        finally
        {
            _ = two.Release(); // ours to duplicate, not to close
        }
    }
}

/// <summary>Namespaces of a room's own, and how they are made.</summary>
/// <param name="Kinds">Which.</param>
/// <param name="Nursery">The mount namespace it is born from.</param>
/// <param name="Mounts">What it then mounts for itself.</param>
public sealed record RoomNamespaces(OwnNamespaces Kinds, MountNamespace Nursery, ImmutableArray<MountStep> Mounts);
