using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>Every position of the trees that this host can have, each tree measured once, all with one service.</summary>
public sealed class MeasuredPlaces : IDisposable
{
    private readonly Dictionary<string, IReadOnlyList<PlaceRow>> _rows = [];
    private Service.Tests.Service? _service;

    /// <summary>True where all controllers are in the v2 hierarchy.</summary>
    public static bool IsUnified { get; } = CgroupLayout.Read().V1.Count == 0;

    /// <summary>The trees of this host's kind in which a batch system has a job.</summary>
    public static IReadOnlyList<string> Trees { get; } =
        [.. BatchTree.Names.Where(name => BatchTree.Read(name, 0) is { Killed: not null } tree && tree.IsUnified == IsUnified)];

    /// <summary>What was measured of a tree.</summary>
    internal IReadOnlyList<PlaceRow> Of(string name)
        => _rows.TryGetValue(name, out IReadOnlyList<PlaceRow>? rows) ? rows : _rows[name] = Measure(name);

    /// <inheritdoc/>
    public void Dispose() => _service?.Dispose();

    private static Service.Tests.Service Start()
    {
        Service.Tests.Service service = Service.Tests.Service.Prepare(JobClient.Policy, place: "/opt");
        service.Arguments.AddRange(["--tracking-groups", "sge:20000-20100,htcondor:750-757"]);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "payloads", "load.py"), service.Work + "/load.py");
        service.Launch();
        return service;
    }

    private List<PlaceRow> Measure(string name)
    {
        Site.Require();
        _service ??= Start();
        uint uid = JobClient.PilotUid;
        BatchTree tree = WatchingBatchSystem.WithSmallLimits(BatchTree.Read(name, uid));
        using CgroupTree built = CgroupTree.Build(uid, tree);
        foreach (TreeCgroup cgroup in tree.Cgroups.Where(c => !c.Daemons.IsEmpty))
            built.StartDaemon(cgroup.Daemons.Select(h => built.DirectoryOf(h, cgroup.Path)));
        string Impersonal(string text) => text.Replace(uid.ToString(CultureInfo.InvariantCulture), "UID", StringComparison.Ordinal);

        IReadOnlyList<Candidate> positions = Look(tree, built, privately: false);
        string why = "";
        Dictionary<Position, PlaceRow> rows = [];
        if (positions.Any(p => p.Position == Position.Inside))
        {
            // Rooms that have processes of their own get there, and only those: the others' answer is the reason.
            PlaceChoice choice = PlaceChoice.For(Position.Inside, Look(tree, built, privately: true)) ?? throw new InvalidOperationException($"{name}: no policy leads inside");
            Put(choice, privately: true);
            rows[Position.Inside] = new PlaceMeasurement(_service, built, tree, Position.Inside.Name()).Measure($"{choice.Words}, in a private room");
        }

        foreach (Candidate position in positions.Where(p => p.Plan is not null))
        {
            if (PlaceChoice.For(position.Position, positions) is not PlaceChoice choice)
                continue;
            PlaceMeasurement measurement = new(_service, built, tree, position.Position.Name());
            Put(choice, privately: false);
            rows[position.Position] = measurement.Measure(choice.Words);
            why += measurement.Why;
        }

        foreach (Candidate impossible in positions.Where(p => p.Plan is null))
        {
            Assert.Contains($"{impossible.Position.Name()}: {impossible.WhyNot}", why, StringComparison.Ordinal);
            rows.TryAdd(impossible.Position, new PlaceRow(name, impossible.Position.Name(), Impersonal(impossible.WhyNot)));
        }

        foreach (Position hidden in positions.Select(p => p.Position).Except([.. rows.Keys]))
        {
            string closed = ClosedPlaces.CloseBefore(hidden, tree, built, uid);
            PlaceChoice? choice = PlaceChoice.For(hidden, Look(tree, built, privately: false));
            Assert.True(choice is not null, $"{name}: '{closed}' does not lead to {hidden.Name()}");
            Put(choice, privately: false);
            rows[hidden] = new PlaceMeasurement(_service, built, tree, hidden.Name()).Measure($"no policy leads there; measured where {closed}");
        }

        return [.. rows.OrderBy(r => r.Key).Select(r => r.Value)];
    }

    private IReadOnlyList<Candidate> Look(BatchTree tree, CgroupTree built, bool privately)
    {
        string slice = "isolation-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_service!.Run)))[..8];
        Process pilot = built.StartSleeper(tree);
        IReadOnlyList<Candidate> found = PlaceChoice.PositionsOf(pilot.Id, slice, privately);
        pilot.Kill();
        pilot.WaitForExit();
        return found;
    }

    private void Put(PlaceChoice choice, bool privately)
    {
        File.WriteAllText(_service!.Root + "/policy.yaml", (privately ? Site.PrivatePolicy : Site.Policy) + "\n" + choice.Policy);
        _service.Shell.Bash("$ROOT policy reload").Expect(0);
    }
}
