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
    private Service.Tests.Service? _service, _ofContainers;

    /// <summary>True where all controllers are in the v2 hierarchy.</summary>
    public static bool IsUnified { get; } = CgroupLayout.Read().V1.Count == 0;

    /// <summary>The trees of this host's kind in which a batch system has a job.</summary>
    public static IReadOnlyList<string> Trees { get; } =
        [.. BatchTree.Names.Where(name => BatchTree.Read(name, 0) is { Killed: not null } tree && tree.IsUnified == IsUnified)];

    /// <summary>What was measured of a tree.</summary>
    internal IReadOnlyList<PlaceRow> Of(string name)
        => _rows.TryGetValue(name, out IReadOnlyList<PlaceRow>? rows) ? rows : _rows[name] = Measure(name);

    /// <summary>What was measured of containers in a tree, at each position that a policy leads to.</summary>
    internal IReadOnlyList<PlaceRow> InContainers(string name)
    {
        Site.RequireContainers();
        Service.Tests.Service service = _ofContainers ??= Start(Site.ContainerPolicy);
        return InTree(name, (tree, built) =>
        {
            IReadOnlyList<Candidate> positions = Look(service, tree, built, privately: true);
            List<PlaceRow> rows = [];
            foreach (Candidate position in positions.Where(p => p.Plan is not null))
            {
                if (PlaceChoice.For(position.Position, positions) is not PlaceChoice choice)
                    continue;
                Put(service, choice, Site.ContainerPolicy);
                rows.Add(new PlaceMeasurement(service, built, tree, position.Position.Name(), withResident: IsUnified && position.Position != Position.Own).Measure(choice.Words));
            }

            return rows;
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _service?.Dispose();
        _ofContainers?.Dispose();
    }

    private static Service.Tests.Service Start(string policy)
    {
        Service.Tests.Service service = Service.Tests.Service.Prepare(policy, place: "/opt");
        service.Arguments.AddRange(["--tracking-groups", "sge:20000-20100,htcondor:750-757"]);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "payloads", "load.py"), service.Work + "/load.py");
        service.Launch();
        return service;
    }

    private static List<PlaceRow> InTree(string name, Func<BatchTree, CgroupTree, List<PlaceRow>> measure)
    {
        uint uid = JobClient.PilotUid;
        BatchTree tree = WatchingBatchSystem.WithSmallLimits(BatchTree.Read(name, uid));
        using CgroupTree built = CgroupTree.Build(uid, tree);
        foreach (TreeCgroup cgroup in tree.Cgroups.Where(c => !c.Daemons.IsEmpty))
            built.StartDaemon(cgroup.Daemons.Select(h => built.DirectoryOf(h, cgroup.Path)));
        return measure(tree, built);
    }

    private List<PlaceRow> Measure(string name)
    {
        Site.Require();
        Service.Tests.Service service = _service ??= Start(JobClient.Policy);
        return InTree(name, (tree, built) => Measure(service, name, tree, built));
    }

    private static List<PlaceRow> Measure(Service.Tests.Service service, string name, BatchTree tree, CgroupTree built)
    {
        uint uid = JobClient.PilotUid;
        string Impersonal(string text) => text.Replace(uid.ToString(CultureInfo.InvariantCulture), "UID", StringComparison.Ordinal);

        IReadOnlyList<Candidate> positions = Look(service, tree, built, privately: false);
        string why = "";
        Dictionary<Position, PlaceRow> rows = [];
        if (positions.Any(p => p.Position == Position.Inside))
        {
            // Rooms that have processes of their own get there, and only those: the others' answer is the reason.
            PlaceChoice choice = PlaceChoice.For(Position.Inside, Look(service, tree, built, privately: true)) ?? throw new InvalidOperationException($"{name}: no policy leads inside");
            Put(service, choice, Site.PrivatePolicy);
            rows[Position.Inside] = new PlaceMeasurement(service, built, tree, Position.Inside.Name()).Measure($"{choice.Words}, in a private room");
        }

        foreach (Candidate position in positions.Where(p => p.Plan is not null))
        {
            if (PlaceChoice.For(position.Position, positions) is not PlaceChoice choice)
                continue;
            PlaceMeasurement measurement = new(service, built, tree, position.Position.Name());
            Put(service, choice, Site.Policy);
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
            PlaceChoice? choice = PlaceChoice.For(hidden, Look(service, tree, built, privately: false));
            Assert.True(choice is not null, $"{name}: '{closed}' does not lead to {hidden.Name()}");
            Put(service, choice, Site.Policy);
            rows[hidden] = new PlaceMeasurement(service, built, tree, hidden.Name()).Measure($"no policy leads there; measured where {closed}");
        }

        return [.. rows.OrderBy(r => r.Key).Select(r => r.Value)];
    }

    private static IReadOnlyList<Candidate> Look(Service.Tests.Service service, BatchTree tree, CgroupTree built, bool privately)
    {
        string slice = "isolation-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(service.Run)))[..8];
        Process pilot = built.StartSleeper(tree);
        IReadOnlyList<Candidate> found = PlaceChoice.PositionsOf(pilot.Id, slice, privately);
        pilot.Kill();
        pilot.WaitForExit();
        return found;
    }

    private static void Put(Service.Tests.Service service, PlaceChoice choice, string policy)
    {
        File.WriteAllText(service.Root + "/policy.yaml", policy + "\n" + choice.Policy);
        service.Shell.Bash("$ROOT policy reload").Expect(0);
    }
}
