using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Batch.Tests;

/// <summary>A policy that leads a pilot to a position, found by the rule of the product among the positions that it has here.</summary>
/// <param name="Demand">What policy says.</param>
/// <param name="Words">How the page says it.</param>
internal sealed record PlaceChoice(PlacementDemand Demand, string Words)
{
    /// <summary>The positions of a process, as the warden finds them.</summary>
    public static IReadOnlyList<Candidate> PositionsOf(int pid, string slice, bool hasOwnProcesses)
    {
        using PidFd client = PidFd.TryOpen(pid, out _)!;
        CgroupLayout layout = CgroupLayout.Read();
        // Only the hierarchies and the slice are looked at.
        CellHost host = new(null!, null!, "", "", layout, new ServiceSlice(layout, slice, ""), new HashSet<CounterKind>(), null!, null!, null!, "", TimeProvider.System);
        Limits limits = Limits.None with { MemoryBytes = 1 << 30, Processes = 500 };
        return [.. Positions.Of(host, PilotCgroups.Of(client, host.Cgroups, host.Tracking), new PlaceNeeds(limits, hasOwnProcesses), "cell-looked-for")];
    }

    /// <summary>The choice; null where every policy leads to another position.</summary>
    public static PlaceChoice? For(Position wanted, IReadOnlyList<Candidate> positions)
    {
        PlacementDemand usual = PlacementDemand.Default with { Limits = LimitLaw.BestEffort };
        if (Leads(usual, wanted, positions))
            return new PlaceChoice(usual, "by default");
        Ceilings lost = positions.Single(p => p.Position == wanted).Lost;
        foreach (PlacementProperties must in Enumerable.Range(0, (int)PlacementPropertyNames.Known.All + 1).Select(n => (PlacementProperties)n).OrderBy(m => int.PopCount((int)m)))
        {
            PlacementDemand demand = new(must, PlacementProperties.None, lost, LimitLaw.BestEffort);
            if (Leads(demand, wanted, positions))
                return new PlaceChoice(demand, $"`{Text(demand)}`");
        }

        return null;
    }

    /// <summary>The section <c>placement</c> of a policy.</summary>
    public string Policy => $"placement: {{ {Text(Demand)} }}\nlimits: {Demand.Limits.Name()}\n";

    private static string Text(PlacementDemand demand)
        => $"must: [{string.Join(", ", demand.Must.Names())}], want: [{string.Join(", ", demand.Want.Names())}]"
        + (demand.MayLose == Ceilings.None ? "" : $", may-lose: [{string.Join(", ", demand.MayLose.Names())}]");

    private static bool Leads(PlacementDemand demand, Position wanted, IReadOnlyList<Candidate> positions)
        => positions.Where(p => PlaceFinder.Unfit(p, demand) is null).OrderByDescending(p => int.PopCount((int)(p.Holds & demand.Want))).FirstOrDefault()?.Position == wanted;
}
