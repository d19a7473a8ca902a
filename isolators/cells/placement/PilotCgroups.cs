using System.Globalization;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>Where a pilot is among the cgroups, and which of them are its batch job's: read from the kernel, never from a message.</summary>
/// <param name="Cgroups">The pilot's cgroup in each hierarchy.</param>
/// <param name="Job">Its job as its cgroups show it, or null.</param>
/// <param name="TrackingGroup">
/// The group by which a batch system keeps track of its job's processes: kept among the payload's groups, it lets the batch system find, count
/// and kill the payload wherever that is.
/// </param>
public sealed record PilotCgroups(ProcessCgroups Cgroups, RecognisedJob? Job, GroupId? TrackingGroup)
{
    private const int MostReadings = 5;

    /// <summary>Reads them of a process that is held by its pidfd.</summary>
    /// <exception cref="SyscallException">The process is over, or moves about.</exception>
    public static PilotCgroups Of(PidFd client, CgroupLayout layout, TrackingGroups tracking)
    {
        int pid = client.Pid;
        string path = $"/proc/{pid}/cgroup";
        for (int i = 0; i < MostReadings; i++)
        {
            string before = KernelFile.TextOrNothing(path);
            ProcessCgroups cgroups = ProcessCgroups.Parse(before);
            RecognisedJob? job = BatchRecognition.Recognise(cgroups, layout, GroupsOf(pid), tracking);
            string after = KernelFile.TextOrNothing(path);
            if (client.IsOver)
                throw new SyscallException("read", path, Errno.ESRCH, "The client is gone.");
            // Only then was each directory that was looked at its own.
            if (before == after && before.Length > 0)
                return new PilotCgroups(cgroups, job is { Cgroups.IsEmpty: false } ? job : null, job?.Job.TrackingGroup);
        }

        throw new SyscallException("read", path, Errno.EAGAIN, "The client's cgroups change while they are read: ask from a process that stays in its place.");
    }

    private static IEnumerable<uint> GroupsOf(int pid)
        => KernelFile.TextOrNothing($"/proc/{pid}/status") is { Length: > 0 } status
            ? ProcessStatus.Field(status, "Groups").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(group => uint.Parse(group, CultureInfo.InvariantCulture))
            : [];
}
