using System.Collections.Concurrent;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>A warden that builds nothing and answers as it is told; by default every operation succeeds and a payload returns 0 at once.</summary>
internal sealed class FakeWarden : IDisposable
{
    /// <summary>Where every cell is.</summary>
    public static readonly CellSite Site = new(new Placement(Position.Own, PlacementProperties.CgroupProof, Ceilings.None, LimitKinds.None, ""), "/isolation/cell", "/scratch", CellNetwork.Pilot);

    private readonly UnixSocket _listener;
    private readonly ConcurrentBag<UnixSocket> _connections = [];
    private readonly Thread _thread;

    public FakeWarden(string path)
    {
        File.Delete(path);
        _listener = UnixSocket.Listen(UnixSocketKind.SeqPacket, path, 8);
        _thread = new Thread(AcceptAll) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Every operation asked, in order.</summary>
    public ConcurrentQueue<WardenOperation> Asked { get; } = new();

    /// <summary>The cell's ends of the pilots' channels.</summary>
    public BlockingCollection<UnixSocket> Channels { get; } = [];

    /// <summary>What to answer instead; null for the default, an empty message for no answer at all.</summary>
    public Func<WardenOperation, byte[]?> Answer { get; set; } = static _ => null;

    /// <summary>Called with each operation before it is answered.</summary>
    public Action<WardenOperation> Before { get; set; } = static _ => { };

    public static byte[] Done(Action<MessageWriter>? body = null) => Message(WardenAnswer.Done, body);

    public static byte[] Denied(string invariant, string asked) => Message(WardenAnswer.Denied, w => w.Text(invariant).Text(asked));

    public static byte[] Failed(string step, string cause, string undo) => Message(WardenAnswer.Failed, w => w.Text(step).Text(cause).Text(undo));

    public static byte[] Ended(EndedHow how, int value, EndingCause cause = EndingCause.None)
        => Done(w => new ObservedEnding(how, value, cause, true, "", new ObservedUsage([new ObservedFigure((byte)Core.UsageFigure.Wall, 1), new ObservedFigure((byte)Core.UsageFigure.MemoryPeak, -1)])).Write(w));

    /// <summary>Ends every connection, as a warden does that dies.</summary>
    public void Break()
    {
        foreach (UnixSocket connection in _connections)
            connection.Shutdown();
    }

    public void Dispose()
    {
        if (_listener.IsClosed)
            return;
        _listener.Shutdown();
        _thread.Join();
        _listener.Dispose();
        Break();
    }

    private void AcceptAll()
    {
        try
        {
            while (true)
            {
                UnixSocket connection = _listener.Accept();
                _connections.Add(connection);
                new Thread(() => Serve(connection)) { IsBackground = true }.Start();
            }
        }
        catch (SyscallException)
        {
            // The end of the test.
        }
    }

    private void Serve(UnixSocket connection)
    {
        byte[] buffer = new byte[WardenProtocol.MaxMessage];
        while (Sys.Receive(connection, buffer, 2, out _) is { Length: > 0 } received)
        {
            foreach (Descriptor passed in received.Descriptors)
                passed.Dispose();
            var operation = (WardenOperation)buffer[0];
            byte[] number = buffer[1..5];
            Asked.Enqueue(operation);
            Before(operation);
            byte[] answer = Answer(operation) ?? Default(operation);
            if (answer.Length == 0)
                continue;
            number.CopyTo(answer, 1);
            if (operation == WardenOperation.Enter && answer[0] == (byte)WardenAnswer.Done)
            {
                (UnixSocket cell, UnixSocket client) = UnixSocket.Pair(UnixSocketKind.SeqPacket);
                Channels.Add(cell);
                using (client)
                    _ = Sys.TrySend(connection, answer, [client.Number], out _);
                continue;
            }

            _ = Sys.TrySend(connection, answer, [], out _);
        }
    }

    private static byte[] Default(WardenOperation operation) => operation switch
    {
        WardenOperation.Probe => Done(new ProbedLevel(["classic"], "", "").Write),
        WardenOperation.Survey => Done(new SurveyedPlaces([
            new SurveyedPlace((byte)Position.Beside, 0, 0, 0, "the pilot is in no batch job", "", false),
            new SurveyedPlace((byte)Position.Own, 15, 0, 0, "", "", true)]).Write),
        WardenOperation.Enter => Done(new EnterAnswer.Entered((byte)Position.Own, (byte)Site.Placement.Holds, 0, 0, "", Site.Cgroup, Site.Scratch, (byte)Site.Network, 0, "").Write),
        WardenOperation.Resolve => Done(new ResolvedInRoom(
            new CellResolution(ResolutionOutcome.Resolved, "/bin/true"u8.ToArray(), default, 0, 0, ""), new byte[Sha256.Size], "").Write),
        WardenOperation.Start => Done(new StartedInRoom(4242, "", 0).Write),
        WardenOperation.Find => Done(w => w.I32(4242)),
        WardenOperation.Signal => Done(w => w.Flag(true)),
        WardenOperation.Ending => Ended(EndedHow.Exited, 0),
        WardenOperation.Destroy => Done(new DestroyedCell([.. Enumerable.Repeat(new WireFinding(FindingKind.ProvenEmpty, "cgroup"), DestroyedCell.Kinds)]).Write),
        WardenOperation.List => Done(new ListedRooms([]).Write),
        _ => Done(),
    };

    private static byte[] Message(WardenAnswer answer, Action<MessageWriter>? body)
    {
        MessageWriter writer = new MessageWriter().U8((byte)answer).U32(0);
        body?.Invoke(writer);
        return writer.Written.ToArray();
    }
}
