using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// The network namespace of a pilot's process, where it is another than this process's. While it is held, the namespace lives on: it is let
/// go as soon as a cell-init is in it.
/// </summary>
public sealed class PilotNetwork : IDisposable
{
    private PilotNetwork(Descriptor file, NamespaceId id) => (File, Id) = (file, id);

    /// <summary>Its open file, for setns.</summary>
    public Descriptor File { get; }

    /// <summary>Which it is.</summary>
    public NamespaceId Id { get; }

    /// <summary>That of a process that is held by its pidfd.</summary>
    /// <returns>Null where it is our own.</returns>
    /// <exception cref="SyscallException">The process is over, or its namespace cannot be looked at.</exception>
    public static PilotNetwork? Of(PidFd client)
    {
        int pid = client.Pid;
        string path = $"/proc/{pid}/ns/net";
        // All our threads are in the one namespace: only a child that is about to become a cell-init ever leaves it.
        using Descriptor own = Sys.Open(null, "/proc/self/ns/net", Sys.O_RDONLY);
        Descriptor? file = Sys.TryOpen(null, System.Text.Encoding.ASCII.GetBytes(path), Sys.O_RDONLY, 0, out int errno);
        if (client.IsOver)
        {
            file?.Dispose();
            throw new SyscallException("open", path, Errno.ESRCH, "The client is gone."); // the number may be another's by now
        }

        if (file is null)
            throw new SyscallException("open", path, errno, "The warden looks at its pilots' namespaces: it needs CAP_SYS_PTRACE.");
        if (IdOf(file) is NamespaceId id && id != IdOf(own))
            return new PilotNetwork(file, id);
        file.Dispose();
        return null;
    }

    /// <summary>Which namespace a process held by its pidfd is in; null where it is our own.</summary>
    /// <exception cref="SyscallException">As <see cref="Of"/>.</exception>
    public static NamespaceId? IdOf(PidFd client)
    {
        using PilotNetwork? network = Of(client);
        return network?.Id;
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    private static NamespaceId IdOf(Descriptor file)
    {
        FileStatus status = Sys.StatusOf(file);
        return new NamespaceId(status.Device, status.Inode);
    }
}
