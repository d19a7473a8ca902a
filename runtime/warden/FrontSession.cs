using System.Collections.Concurrent;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>
/// One connection to the warden. A thread reads messages, and closes what a hostile front attaches, in which it may hang; an answer goes
/// out at once where the front has read those before, and else by a thread of its own, which may hang on a front that does not read.
/// Neither holds up another connection, and connections are counted, so that no front can make threads without bound. A message that
/// breaks the protocol ends the connection; one that an invariant forbids is answered and logged.
/// </summary>
internal sealed class FrontSession(UnixSocket socket, PeerCredentials peer, OperationTable table, WardenLog log) : IDisposable
{
    private const int MostAnswersQueued = 8192;
    private const int MostRunning = 16384;
    private const int HeaderSize = 5;
    private readonly BlockingCollection<Answer> _answers = new(MostAnswersQueued);
    private volatile bool _over;
    private int _running;

    /// <summary>Who is at the other end.</summary>
    internal PeerCredentials Peer { get; } = peer;

    /// <summary>The first message was a hello of our version.</summary>
    internal bool IsGreeted { get; set; }

    /// <summary>The connection is over: nobody hears an answer, and nobody will ask for what is not started yet.</summary>
    internal bool IsOver => _over;

    /// <summary>Starts its threads.</summary>
    /// <param name="whenOver">Called once, when the reading thread has ended.</param>
    internal void Start(Action whenOver)
    {
        new Thread(Write, maxStackSize: 256 << 10) { IsBackground = true, Name = "front writer" }.Start();
        try
        {
            new Thread(() => Read(whenOver), maxStackSize: 512 << 10) { IsBackground = true, Name = "front reader" }.Start();
        }
        catch
        {
            _answers.CompleteAdding(); // ends the writer, which closes the socket
            throw;
        }
    }

    private void Read(Action whenOver)
    {
        Descriptor[] doubtful = [];
        try
        {
            ReadMessages(ref doubtful);
        }
        catch (Exception e)
        {
            log.Write($"closed a connection of pid {Peer.Pid}, uid {Peer.Uid}: {(e is WireException ? e.Message : e)}");
        }
        finally
        {
            _over = true;
            HangUp();
            table.OnGone(this);
            _answers.CompleteAdding(); // from here on the writer may close the socket
            CloseAll(doubtful);
            whenOver();
        }
    }

    // What came last and is not known to be harmless is the caller's to close, after everything else.
    private void ReadMessages(ref Descriptor[] doubtful)
    {
        byte[] buffer = new byte[WardenProtocol.MaxMessage + 1];
        while (true)
        {
            Received received = Sys.Receive(socket, buffer, WardenProtocol.MaxDescriptors, out _);
            doubtful = received.Descriptors;
            if (received.Length <= 0)
                return;
            if (received.IsTruncated || received.Length is < HeaderSize or > WardenProtocol.MaxMessage)
                throw new WireException($"a message of {received.Length} bytes, or its descriptors, break the protocol");
            if (!TryBegin(buffer.AsSpan(0, received.Length).ToArray(), doubtful))
                CloseAll(doubtful);
            doubtful = [];
        }
    }

    // False when it was denied; the descriptors are as doubtful as before.
    private bool TryBegin(byte[] message, Descriptor[] descriptors)
    {
        MessageReader reader = new(message);
        var operation = (WardenOperation)reader.U8();
        uint number = reader.U32();
        if (!table.Knows(operation, descriptors.Length))
            throw new WireException($"operation {(byte)operation} with {descriptors.Length} descriptors is not in the table");
        if (Volatile.Read(ref _running) >= MostRunning)
            throw new WireException($"more than {MostRunning} operations at once");
        try
        {
            table.Check(this, operation, descriptors);
        }
        catch (DeniedException e)
        {
            Enqueue(Denied(operation, e) with { Number = number });
            return false;
        }

        Interlocked.Increment(ref _running);
        _ = RunAsync(operation, number, message[HeaderSize..], descriptors);
        return true;
    }

    private async Task RunAsync(WardenOperation operation, uint number, byte[] body, Descriptor[] descriptors)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Answer answer;
        try
        {
            answer = await table.RunAsync(this, operation, body, descriptors).ConfigureAwait(false);
        }
        catch (DeniedException e)
        {
            answer = Denied(operation, e);
        }
        catch (Core.SetupException e)
        {
            log.Write($"{operation} failed: {e.Message}{(e.Undo is null ? "" : $"; not undone: {e.Undo}")}");
            answer = Failed(e.Step, e.Cause, e.Undo);
        }
        catch (WireException e)
        {
            log.Write($"closed a connection of pid {Peer.Pid}, uid {Peer.Uid}: {operation}: {e.Message}");
            HangUp();
            return;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug of ours, or a host in trouble: this operation failed, the cells of others go on.
            log.Write($"{operation} failed unexpectedly: {e}");
            answer = Failed(operation.ToString(), e.Message, null);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }

        Enqueue(answer with { Number = number });
    }

    private Answer Denied(WardenOperation operation, DeniedException e)
    {
        log.Write($"denied {operation} to pid {Peer.Pid}, uid {Peer.Uid}: {e.Message}");
        return new Answer(WardenAnswer.Denied, w => w.Text(e.Invariant).Text(e.Detail));
    }

    private static Answer Failed(string step, string cause, string? undo)
        => new(WardenAnswer.Failed, w => w.Text(Cut(step, 64)).Text(Cut(cause, 1000)).Text(Cut(undo ?? "", 1000)));

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..most];

    // Answers are numbered: their order is of no matter.
    private void Enqueue(Answer answer)
    {
        try
        {
            if (!TrySendNow(answer))
            {
                if (_answers.TryAdd(answer))
                    return;
                log.Write($"closed a connection of pid {Peer.Pid}: it does not read its answers");
                HangUp();
            }
        }
        catch (InvalidOperationException)
        {
            // The connection is over.
        }

        CloseAll(answer.Passed);
    }

    // Whatever is in the way, the writer meets it again, and says so.
    private bool TrySendNow(Answer answer)
    {
        try
        {
            return Sys.TrySendNow(socket, Message(answer).Span, Numbers(answer), out _) >= 0;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return false;
        }
    }

    private static ReadOnlyMemory<byte> Message(Answer answer)
    {
        MessageWriter message = new();
        message.U8((byte)answer.Kind).U32(answer.Number);
        answer.Body?.Invoke(message);
        return message.Written;
    }

    private static int[] Numbers(Answer answer) => [.. answer.Passed.Select(d => d.Number)];

    private void Write()
    {
        foreach (Answer answer in _answers.GetConsumingEnumerable())
        {
            try
            {
                if (Sys.TrySend(socket, Message(answer).Span, Numbers(answer), out _) < 0)
                    HangUp();
            }
            catch (Exception e)
            {
                log.Write($"closed a connection of pid {Peer.Pid}, uid {Peer.Uid}: an answer could not be written: {e}");
                HangUp();
            }

            CloseAll(answer.Passed);
        }

        Dispose(); // the reader has ended before: it completes the queue
    }

    /// <summary>Closes the connection. The queue is left to the garbage collector: an operation that ends late still asks it.</summary>
    public void Dispose() => socket.Dispose();

    // An operation can end long after the connection.
    private void HangUp()
    {
        try
        {
            socket.Shutdown();
        }
        catch (ObjectDisposedException)
        {
            // It is closed already.
        }
    }

    private static void CloseAll(IEnumerable<Descriptor> descriptors)
    {
        foreach (Descriptor descriptor in descriptors)
            descriptor.Dispose();
    }
}

/// <summary>One answer of the warden.</summary>
/// <param name="Kind">Done, denied or failed.</param>
/// <param name="Body">Writes the body.</param>
internal sealed record Answer(WardenAnswer Kind, Action<MessageWriter>? Body = null)
{
    internal static readonly Answer Done = new(WardenAnswer.Done);

    internal uint Number { get; init; }

    /// <summary>Descriptors that go with it; closed afterwards.</summary>
    internal Descriptor[] Passed { get; init; } = [];
}
