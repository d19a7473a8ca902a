using System.Collections.Frozen;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>
/// The warden's whole table: who may ask for an operation, how many descriptors come with it, and what carries it out. What is not
/// here does not exist.
/// </summary>
internal sealed class OperationTable
{
    private readonly FrozenDictionary<WardenOperation, Row> _rows;
    private readonly RoomKeeper _rooms;
    private readonly WarmRooms _warm;
    private readonly WardenState _state;

    internal OperationTable(RoomKeeper rooms, WarmRooms warm, PlaceSurveying surveying, WardenState state)
    {
        (_rooms, _warm, _state) = (rooms, warm, state);
        _rows = new Dictionary<WardenOperation, Row>
        {
            [WardenOperation.Hello] = new(Asker.Both, 0, HelloAsync),
            [WardenOperation.Probe] = new(Asker.Front, 0, (_, body, _) => rooms.ProbeAsync(body)),
            [WardenOperation.Build] = new(Asker.Front, 1, rooms.BuildAsync),
            [WardenOperation.Enter] = new(Asker.Front, 2, rooms.EnterAsync),
            [WardenOperation.Resolve] = new(Asker.Front, 0, (session, body, _) => rooms.ResolveAsync(session, body)),
            [WardenOperation.Start] = new(Asker.Front, 0, (session, body, _) => rooms.StartAsync(session, body)),
            [WardenOperation.Signal] = new(Asker.Front, 0, (session, body, _) => rooms.SignalAsync(session, body)),
            [WardenOperation.Ending] = new(Asker.Front, 0, (session, body, _) => rooms.EndingAsync(session, body)),
            [WardenOperation.Destroy] = new(Asker.Front, 0, (session, body, _) => rooms.DestroyAsync(session, body)),
            [WardenOperation.Forget] = new(Asker.Front, 0, (session, body, _) => rooms.ForgetAsync(session, body)),
            [WardenOperation.List] = new(Asker.Front, 0, (_, body, _) => rooms.ListAsync(body)),
            [WardenOperation.Stop] = new(Asker.Front, 0, StopAsync),
            [WardenOperation.RereadLimits] = new(Asker.Root, 0, RereadAsync),
            [WardenOperation.Join] = new(Asker.Front, 1, rooms.JoinAsync),
            [WardenOperation.Tell] = new(Asker.Front, 0, (session, body, _) => rooms.TellAsync(session, body)),
            [WardenOperation.Usage] = new(Asker.Front, 0, (session, body, _) => rooms.UsageAsync(session, body)),
            [WardenOperation.Collect] = new(Asker.Front, 0, (session, body, _) => rooms.CollectAsync(session, body)),
            [WardenOperation.Lend] = new(Asker.Front, 1, rooms.LendAsync),
            [WardenOperation.Lent] = new(Asker.Front, 0, (session, body, _) => rooms.LentAsync(session, body)),
            [WardenOperation.Find] = new(Asker.Front, 0, (session, body, _) => rooms.FindAsync(session, body)),
            [WardenOperation.Stock] = new(Asker.Front, 0, (_, body, _) => warm.ListAsync(body)),
            [WardenOperation.Survey] = new(Asker.Front, 1, surveying.SurveyAsync),
        }.ToFrozenDictionary();
    }

    private delegate Task<Answer> Handler(FrontSession session, byte[] body, Descriptor[] descriptors);

    [Flags]
    private enum Asker
    {
        Front = 1,
        Root = 2,
        Both = 3,
    }

    /// <summary>True for an operation that comes with so many descriptors.</summary>
    internal bool Knows(WardenOperation operation, int descriptors) => _rows.TryGetValue(operation, out Row? row) && row.Descriptors == descriptors;

    /// <summary>
    /// What can be told before an operation runs: who asks, and that the descriptors are of kinds that can be closed anywhere without
    /// hanging. Called by the thread that may hang.
    /// </summary>
    /// <exception cref="DeniedException">An invariant forbids it; the descriptors are as doubtful as before.</exception>
    internal void Check(FrontSession session, WardenOperation operation, Descriptor[] descriptors)
    {
        Asker asker = session.Peer.Uid == 0 ? Asker.Root : Asker.Front;
        if ((_rows[operation].Askers & asker) == 0)
            throw new DeniedException("asker", $"{operation} is not for uid {session.Peer.Uid}");
        if (!session.IsGreeted && operation != WardenOperation.Hello)
            throw new DeniedException("hello", "the first message is hello");
        if (operation is WardenOperation.Build or WardenOperation.Enter or WardenOperation.Survey or WardenOperation.Join or WardenOperation.Lend)
            Invariants.RequireProcess(descriptors[0]);
        if (operation is WardenOperation.Enter)
            Invariants.RequireSealed(descriptors[1]);
    }

    /// <summary>Carries out one operation that has passed <see cref="Check"/>; takes over the descriptors.</summary>
    /// <exception cref="DeniedException">An invariant forbids it.</exception>
    internal Task<Answer> RunAsync(FrontSession session, WardenOperation operation, byte[] body, Descriptor[] descriptors)
        => _rows[operation].Carry(session, body, descriptors);

    /// <summary>A connection is over.</summary>
    internal void OnGone(FrontSession session) => _rooms.OnGone(session);

    private Task<Answer> HelloAsync(FrontSession session, byte[] body, Descriptor[] descriptors)
    {
        MessageReader reader = new(body);
        uint version = reader.U32();
        reader.End();
        if (version != WardenProtocol.Version)
            throw new DeniedException("version", $"the front speaks version {version}, the warden {WardenProtocol.Version}: install both of one release");
        session.IsGreeted = true;
        return Task.FromResult(Answer.Done);
    }

    private Task<Answer> StopAsync(FrontSession session, byte[] body, Descriptor[] descriptors)
    {
        new MessageReader(body).End();
        int left = _rooms.Alive;
        if (left > 0)
            throw new DeniedException("stop", $"{left} rooms are still there");
        _state.Stop();
        return Task.FromResult(Answer.Done);
    }

    private Task<Answer> RereadAsync(FrontSession session, byte[] body, Descriptor[] descriptors)
    {
        new MessageReader(body).End();
        _state.RereadLimits();
        _warm.Drain();
        return Task.FromResult(Answer.Done);
    }

    private sealed record Row(Asker Askers, int Descriptors, Handler Carry);
}
