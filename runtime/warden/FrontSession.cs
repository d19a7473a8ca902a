using System.Collections.Concurrent;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>
/// One connection to the warden. A thread reads messages, which may hang in what a hostile front attaches, and a thread writes answers,
/// which may hang on a front that does not read; neither holds up another connection. A message that breaks the protocol ends the
/// connection; one that an invariant forbids is answered and logged.
/// </summary>
internal sealed class FrontSession(UnixSocket socket, PeerCredentials peer, OperationTable table, WardenLog log) : IDisposable
{
    private const int MostAnswersQueued = 8192;
    private const int HeaderSize = 5;
    private readonly BlockingCollection<Answer> _answers = new(MostAnswersQueued);

    /// <summary>Who is at the other end.</summary>
    internal PeerCredentials Peer { get; } = peer;

    /// <summary>The first message was a hello of our version.</summary>
    internal bool IsGreeted { get; set; }

    internal void Start()
    {
        new Thread(Read, maxStackSize: 512 << 10) { IsBackground = true, Name = "front reader" }.Start();
        new Thread(Write, maxStackSize: 256 << 10) { IsBackground = true, Name = "front writer" }.Start();
    }

    private void Read()
    {
        byte[] buffer = new byte[WardenProtocol.MaxMessage + 1];
        try
        {
            while (true)
            {
                Received received = Sys.Receive(socket, buffer, WardenProtocol.MaxDescriptors, out _);
                if (received.Length <= 0)
                    break;
                if (received.IsTruncated || received.Length < HeaderSize)
                {
                    Abandon(received.Descriptors);
                    log.Write($"closed a connection of pid {Peer.Pid}, uid {Peer.Uid}: a message of {received.Length} bytes breaks the protocol");
                    break;
                }

                Accept(buffer.AsSpan(0, received.Length).ToArray(), received.Descriptors);
            }
        }
        catch (WireException e)
        {
            log.Write($"closed a connection of pid {Peer.Pid}, uid {Peer.Uid}: {e.Message}");
        }
        finally
        {
            _answers.CompleteAdding();
            socket.Shutdown();
            table.OnGone(this);
        }
    }

    private void Accept(byte[] message, Descriptor[] descriptors)
    {
        MessageReader reader = new(message);
        var operation = (WardenOperation)reader.U8();
        uint number = reader.U32();
        byte[] body = message[HeaderSize..];
        if (!table.Knows(operation, descriptors.Length))
        {
            Abandon(descriptors);
            throw new WireException($"operation {(byte)operation} with {descriptors.Length} descriptors is not in the table");
        }

        _ = RunAsync(operation, number, body, descriptors);
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
            log.Write($"denied {operation} to pid {Peer.Pid}, uid {Peer.Uid}: {e.Message}");
            answer = new Answer(WardenAnswer.Denied, w => w.Text(e.Invariant).Text(e.Detail));
        }
        catch (Core.SetupException e)
        {
            log.Write($"{operation} failed: {e.Message}{(e.Undo is null ? "" : $"; not undone: {e.Undo}")}");
            answer = Failed(e.Step, e.Cause, e.Undo);
        }
        catch (WireException e)
        {
            log.Write($"closed a connection of pid {Peer.Pid}, uid {Peer.Uid}: {operation}: {e.Message}");
            Abandon(descriptors);
            socket.Shutdown();
            return;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug of ours, or a host in trouble: this operation failed, the cells of others go on.
            log.Write($"{operation} failed unexpectedly: {e}");
            answer = Failed(operation.ToString(), e.Message, null);
        }

        Enqueue(answer with { Number = number });
    }

    private static Answer Failed(string step, string cause, string? undo)
        => new(WardenAnswer.Failed, w => w.Text(Cut(step, 64)).Text(Cut(cause, 1000)).Text(Cut(undo ?? "", 1000)));

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..most];

    private void Enqueue(Answer answer)
    {
        try
        {
            if (_answers.TryAdd(answer))
                return;
            log.Write($"closed a connection of pid {Peer.Pid}: it does not read its answers");
            socket.Shutdown();
        }
        catch (InvalidOperationException)
        {
            // The connection is over.
        }

        answer.Passed?.Dispose();
    }

    private void Write()
    {
        foreach (Answer answer in _answers.GetConsumingEnumerable())
        {
            MessageWriter message = new();
            message.U8((byte)answer.Kind).U32(answer.Number);
            answer.Body?.Invoke(message);
            ReadOnlySpan<int> passed = answer.Passed is Descriptor descriptor ? [descriptor.Number] : [];
            if (Sys.TrySend(socket, message.Written.Span, passed, out _) < 0)
                socket.Shutdown();
            answer.Passed?.Dispose();
        }

        Dispose(); // the reader has ended before: it completes the queue
    }

    /// <summary>Closes the connection; its two threads have ended, or end now.</summary>
    public void Dispose()
    {
        socket.Dispose();
        _answers.Dispose();
    }

    // Nobody knows what they are: closing one may take for ever, so it is done where that hurts nobody.
    private static void Abandon(Descriptor[] descriptors)
    {
        if (descriptors.Length > 0)
            new Thread(() =>
            {
                foreach (Descriptor descriptor in descriptors)
                    descriptor.Dispose();
            }, maxStackSize: 128 << 10)
            { IsBackground = true }.Start();
    }
}

/// <summary>One answer of the warden.</summary>
/// <param name="Kind">Done, denied or failed.</param>
/// <param name="Body">Writes the body.</param>
/// <param name="Passed">A descriptor that goes with it; closed afterwards.</param>
internal sealed record Answer(WardenAnswer Kind, Action<MessageWriter>? Body = null, Descriptor? Passed = null)
{
    internal static readonly Answer Done = new(WardenAnswer.Done);

    internal uint Number { get; init; }
}
