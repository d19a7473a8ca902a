using System.Globalization;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The effective ids of a client's process: what it makes through a mount belongs to these.</summary>
public readonly record struct ClientAccount(uint Uid, uint Gid)
{
    /// <summary>Those of a process that is held by its pidfd.</summary>
    /// <exception cref="SyscallException">The process is over.</exception>
    public static ClientAccount Of(PidFd client)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{client.Pid}/status");
        string status = KernelFile.Text(path);
        if (client.IsOver)
            throw new SyscallException("open", path, Errno.ESRCH, "The client is gone."); // the number may be another's by now
        return new ClientAccount(Effective("Uid"), Effective("Gid"));

        uint Effective(string field) => uint.Parse(ProcessStatus.Field(status, field).Split('\t')[1], CultureInfo.InvariantCulture);
    }
}
