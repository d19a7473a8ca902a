using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>What came of an operation on a room, in the words of the table.</summary>
internal static class RoomAnswers
{
    private const int LongestFinding = 1000;

    internal static Answer Of(EnterResult result)
    {
        if (result is EnterResult.NotPlaced none)
            return new Answer(WardenAnswer.Done, new EnterAnswer.NotPlaced((byte)none.Obstacle, none.Cause, none.Fix).Write);
        if (result is EnterResult.NoImage image)
            return new Answer(WardenAnswer.Done, new EnterAnswer.NoImage(image.Cause, image.Fix).Write);
        ICell cell = ((EnterResult.Entered)result).Cell;
        (Placement place, string cgroup, string scratch, CellNetwork network) = cell.Site;
        ExchangeEnd? exchange = cell.TakeExchangeEnd();
        var entered = new EnterAnswer.Entered(
            (byte)place.Position, (byte)place.Holds, (byte)place.Lost, (ushort)place.NotEnforced, place.Why, cgroup, scratch, (byte)network, (byte)(exchange?.Kind ?? 0), cell.Site.ImageDigest ?? "");
        Descriptor?[] passed = [(cell.TakePilotEnd() as PilotEndDescriptor)?.Take(), (Descriptor?)exchange?.Descriptor];
        return new Answer(WardenAnswer.Done, entered.Write) { Passed = [.. passed.OfType<Descriptor>()] };
    }

    internal static Answer Of(StartResult result)
    {
        StartedInRoom started = result switch
        {
            StartResult.Started { Process: ProcessId process } => new StartedInRoom(process.Value, "", 0),
            StartResult.NotStarted not => new StartedInRoom(0, not.Step, not.Errno),
            StartResult.Unseen => StartedInRoom.Unseen,
            _ => new StartedInRoom(0, StartStep.ClientGone.Name(), 0),
        };
        return new Answer(WardenAnswer.Done, started.Write);
    }

    internal static DestroyedCell Of(Residue residue)
        => new([Of(residue.Processes), Of(residue.Cgroups), Of(residue.Ipc), Of(residue.Files), Of(residue.Scratch)]);

    private static WireFinding Of(Finding finding) => finding switch
    {
        Finding.ProvenEmpty proven => new WireFinding(FindingKind.ProvenEmpty, proven.How),
        Finding.NothingFound nothing => new WireFinding(FindingKind.NothingFound, nothing.Where),
        Finding.Found found => new WireFinding(FindingKind.Found, found.What.Length > LongestFinding ? found.What[..LongestFinding] : found.What),
        Finding.NotProvable not => new WireFinding(FindingKind.NotProvable, not.Why),
        _ => throw new InvalidOperationException("a finding of no kind"),
    };
}
