using System.Text;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>Finds out who connected. Each thing read of /proc is followed by a look whether the process still lives: only then was it its own.</summary>
internal sealed class PeerReader(KernelAbilities kernel, AccountNames accounts, JobSigns signs)
{
    private const int MostLooks = 3;

    /// <summary>The peer of a connection that has just been accepted.</summary>
    /// <exception cref="PeerException">It is over already, or the kernel hides it.</exception>
    public Peer Read(Descriptor connection, PeerCredentials credentials)
    {
        PidFd process = Hold(connection, credentials);
        try
        {
            ulong start = ProcessStamp.StartTimeIn(ReadProc(credentials.Pid, "stat"));
            MustLive(process, credentials.Pid);
            uint[] groups = Sys.PeerGroupsOf(connection);
            (ProcessCgroups cgroups, RecognisedJob? job) = Place(groups, process, credentials.Pid);
            var pilot = new Pilot(new UserId(credentials.Uid), new GroupId(credentials.Gid), new ProcessId(credentials.Pid), start,
                accounts.NameOf(credentials.Uid), cgroups.Unified, job?.Key ?? JobKey.None) { Batch = job?.Job, Groups = [.. groups.Select(group => new GroupId(group))] };
            return new Peer(process, pilot, IsOperator(connection, credentials), cgroups.IsInsideACell);
        }
        catch (FormatException e)
        {
            process.Dispose();
            throw new PeerException($"/proc/{credentials.Pid} cannot be read: {e.Message}.", "Report it with the kernel's version.", e);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Operators may connect when everybody else's share is used up, so this is asked early.</summary>
    public bool IsOperator(Descriptor connection, PeerCredentials credentials)
        => credentials.Uid == 0
        || (accounts.OperatorsGroup is uint group && (credentials.Gid == group || Sys.PeerGroupsOf(connection).Contains(group)));

    internal static string ReadProc(int pid, string file)
    {
        string path = $"/proc/{pid}/{file}";
        try
        {
            using Descriptor opened = Sys.Open(null, path, Sys.O_RDONLY);
            byte[] buffer = new byte[4096];
            int length = 0;
            while (Sys.Read(opened, buffer.AsSpan(length)) is int count and > 0)
            {
                length += count;
                if (length == buffer.Length)
                    Array.Resize(ref buffer, length * 2);
            }

            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (SyscallException e)
        {
            throw new PeerException($"{path} cannot be read: {e.Message}",
                "If the process still lives, /proc is mounted with hidepid: give the service's group access (mount option gid=).", e);
        }
    }

    internal static void MustLive(PidFd process, int pid)
    {
        if (process.IsOver)
            throw new PeerException($"process {pid} ended while it was asking.", "Ask from a process that stays.");
    }

    /// <summary>
    /// Where it is. A directory that was looked at while the process was in it is the one meant: so the cgroups must be the same before and after.
    /// </summary>
    private (ProcessCgroups Cgroups, RecognisedJob? Job) Place(uint[] groups, PidFd process, int pid)
    {
        string before = ReadProc(pid, "cgroup");
        for (int looks = 1; ; looks++)
        {
            ProcessCgroups cgroups = ProcessCgroups.Parse(before);
            RecognisedJob? job = BatchRecognition.Recognise(cgroups, signs.Layout, groups, signs.Tracking);
            string after = ReadProc(pid, "cgroup");
            MustLive(process, pid);
            if (after == before)
                return (cgroups, job);
            if (looks == MostLooks)
                throw new PeerException($"process {pid} moves from cgroup to cgroup while it asks.", "Ask from a process that stays where it is.");
            before = after;
        }
    }

    private PidFd Hold(Descriptor connection, PeerCredentials credentials)
    {
        int errno;
        PidFd? process = kernel.PeerPidFd
            ? Sys.TryPeerPidFd(connection, out errno)
            : PidFd.TryOpen(credentials.Pid, out errno); // may be another by now: the hello's credentials tell (mechanics.md section 5)
        return process ?? throw new PeerException($"process {credentials.Pid} cannot be held: {ErrnoText.Of(errno)}.", "Ask from a process that stays.");
    }
}
