using System.Globalization;
using System.Text;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.Container;

/// <summary>A container that was built before anybody asked for it: for whoever has its account, and no other group.</summary>
/// <param name="ids">The ids that are there inside.</param>
/// <param name="directories">The room's own cgroup, in the service's slice.</param>
/// <param name="resident">Its cell-init.</param>
internal sealed class BuiltContainer(ContainerIds ids, RoomDirectories directories, RoomResident resident) : IAsyncDisposable
{
    private bool _given;

    /// <summary>The room's own cgroup.</summary>
    internal RoomDirectories Directories => directories;

    /// <summary>Its cell-init waits.</summary>
    internal bool IsWaiting => !resident.CellInit.IsOver && !resident.Control.IsOver;

    /// <summary>Its ids are an account's.</summary>
    internal bool IsFor(Account account) => account.Uid == ids.Account.Uid && account.Gid == ids.Account.Gid && account.Groups.IsEmpty;

    /// <summary>
    /// Its cell-init for the payload of a pilot, whose oom_score_adj it gets: written by the host's root, it is what nobody inside can go below (proc(5)).
    /// </summary>
    /// <param name="ceilings">What that pilot is held to.</param>
    /// <exception cref="SyscallException">The kernel refuses.</exception>
    internal RoomResident For(PilotCeilings ceilings)
    {
        _given = true;
        try
        {
            using Descriptor file = Sys.Open(null, string.Create(CultureInfo.InvariantCulture, $"/proc/{resident.CellInit.Pid}/oom_score_adj"), Sys.O_RDWR);
            // The number was its own when it was opened: it has not ended, and nobody has reaped it.
            if (resident.CellInit.IsOver)
                throw new IOException("the container's first process has ended");
            string asked = ceilings.OomScoreAdjustment.ToString(CultureInfo.InvariantCulture);
            Sys.WriteAll(file, Encoding.ASCII.GetBytes(asked));
            Span<byte> now = stackalloc byte[16];
            int length = Sys.ReadAt(file, now, 0);
            if (Encoding.ASCII.GetString(now[..length]).Trim() is string there && there != asked)
                throw new IOException($"the container's first process has oom_score_adj {there}, and was to have {asked}");
            return resident;
        }
        catch
        {
            _ = resident.Undo!();
            throw;
        }
    }

    /// <summary>Ends it, unless it has been given to an entry, whose it is then; its cgroup stays, and with it the ticket.</summary>
    /// <returns>Null, or what it hangs in.</returns>
    internal async Task<string?> EndAsync(TimeSpan grace)
    {
        if (_given)
            return null;
        resident.Control.Tell(ControlKind.Kill);
        string? stuck = await CellParts.EndAsync(resident.CellInit, resident.Control, grace).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
        return stuck;
    }

    /// <summary>Lets go of it; it stays.</summary>
    public async ValueTask DisposeAsync()
    {
        _given = true;
        await resident.Control.DisposeAsync().ConfigureAwait(false);
        resident.CellInit.Dispose();
        directories.Dispose();
    }
}
