namespace Isolation.Core;

/// <summary>What was still there when a cell was destroyed, kind by kind.</summary>
/// <param name="Processes">Processes of the payload.</param>
/// <param name="Cgroups">The payload's leaves.</param>
/// <param name="Ipc">System V and POSIX IPC objects of the payload account.</param>
/// <param name="Files">Files of the payload account in places everybody can write.</param>
/// <param name="Scratch">The payload's scratch.</param>
public sealed record Residue(Finding Processes, Finding Cgroups, Finding Ipc, Finding Files, Finding Scratch)
{
    /// <summary>Of a cell that was never built: nothing could be left.</summary>
    public static readonly Residue None = OfAll(new Finding.ProvenEmpty("nothing was built"));

    /// <summary>The same finding for every kind.</summary>
    public static Residue OfAll(Finding finding) => new(finding, finding, finding, finding, finding);

    /// <summary>True when something was found, of whatever kind: the account must not be lent again as it is.</summary>
    public bool IsDirty => Processes is Finding.Found || Cgroups is Finding.Found || Ipc is Finding.Found || Files is Finding.Found || Scratch is Finding.Found;
}
