using System.Collections.Immutable;
using System.Globalization;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Isolators.Container;

/// <summary>
/// The ids that are there inside one container, and no others: root, which on the host is its cell-init's own id, and the payload's, which bear the same
/// numbers inside as on the host, so that what a record, a file's owner and <c>id</c> say is one number.
/// </summary>
/// <param name="Resident">cell-init's id on the host, uid and gid.</param>
/// <param name="Account">The payload's account.</param>
/// <param name="Groups">Its groups.</param>
internal sealed record ContainerIds(uint Resident, Account Account, ImmutableArray<GroupId> Groups)
{
    internal ImmutableArray<OciIdMapping> Uids => [new(0, Resident, 1), Same(Account.Uid.Value)];

    internal ImmutableArray<OciIdMapping> Gids => [new(0, Resident, 1), .. Groups.Prepend(Account.Gid).Select(group => group.Value).Distinct().Select(Same)];

    /// <summary>The kernel says that these, and no others, are a process's ids (user_namespaces(7)).</summary>
    /// <param name="wanted">What it was to have.</param>
    /// <param name="pid">Its number.</param>
    /// <param name="map"><c>uid_map</c> or <c>gid_map</c>.</param>
    internal static bool Are(ImmutableArray<OciIdMapping> wanted, int pid, string map)
    {
        string[] lines = KernelFile.TextOrNothing($"/proc/{pid}/{map}").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Order()
            .SequenceEqual(wanted.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Inside} {m.OnHost} {m.Size}")).Order());
    }

    private static OciIdMapping Same(uint id) => new(id, id, 1);
}
