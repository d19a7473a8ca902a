using System.Collections.Concurrent;
using System.Net.Sockets;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>
/// The warden's end of a control connection: asks one cell-init, hears its ending. One task reads; anybody may ask. The answers to one
/// kind of question come in the order of the questions. When the connection breaks, every question fails and the ending is null.
/// </summary>
public sealed class CellControl : IAsyncDisposable
{
    private const int MostUnanswered = 32;
    private const string Replaced = "the program cell-init is of another release than this warden, which was running when it was replaced: start the warden again, payloads run on";

    private readonly UnixSocket _socket;
    private readonly Socket _reader;
    private readonly ConcurrentDictionary<ControlKind, ConcurrentQueue<TaskCompletionSource<(ControlKind, byte[])>>> _asked = new();
    private readonly TaskCompletionSource<ObservedEnding?> _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _sending = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _broken;
    private int _disposed;

    private CellControl(UnixSocket socket, byte[] secret)
    {
        _socket = socket;
        _reader = new Socket(new SafeSocketHandle(socket.Duplicate().Release(), ownsHandle: true));
        Proven = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = ReadAsync(secret);
    }

    /// <summary>What cell-init saw of the payload's end; null when the connection broke before.</summary>
    public Task<ObservedEnding?> Ending => _ending.Task;

    /// <summary>The connection is over. Whoever waits for it goes on elsewhere than on the thread that reads, which serves other cells too.</summary>
    public Task Closed => _closed.Task;

    /// <summary>The form of the messages that cell-init speaks: one that this program reads.</summary>
    public int Version { get; private set; }

    /// <summary>True when the connection is over, or about to be: what is asked now is not sent.</summary>
    public bool IsOver => _broken;

    private TaskCompletionSource Proven { get; }

    // So that what is unanswered fits the socket's buffer, however many ask: each frame costs the kernel about 1 KiB of it.
    private SemaphoreSlim Unanswered { get; } = new(MostUnanswered, MostUnanswered);

    /// <summary>Connects, and proves the secret in both directions.</summary>
    /// <exception cref="IOException">Nobody answers in time, or not with the secret.</exception>
    /// <exception cref="OtherControlVersionException">It is the cell, and speaks another form.</exception>
    public static async Task<CellControl> ConnectAsync(string path, byte[] secret, TimeSpan deadline)
    {
        CellControl control = new(UnixSocket.Connect(UnixSocketKind.Stream, path), secret);
        try
        {
            await control.Proven.Task.WaitAsync(deadline).ConfigureAwait(false);
            return control;
        }
        catch (TimeoutException e)
        {
            await control.DisposeAsync().ConfigureAwait(false);
            throw new IOException($"cell-init did not prove its secret within {deadline.TotalSeconds:0} s", e);
        }
        catch
        {
            await control.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>As <see cref="ConnectAsync"/>, to a cell-init that has just been started: one of this program's own form, or the program was replaced meanwhile.</summary>
    /// <exception cref="IOException">It speaks another form.</exception>
    public static async Task<CellControl> ConnectToNewAsync(string path, byte[] secret, TimeSpan deadline)
    {
        CellControl control;
        try
        {
            control = await ConnectAsync(path, secret, deadline).ConfigureAwait(false);
        }
        catch (OtherControlVersionException e)
        {
            throw new IOException(Replaced, e);
        }

        if (control.Version == ControlVersion.Newest)
            return control;
        await control.DisposeAsync().ConfigureAwait(false);
        throw new IOException(Replaced);
    }

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="IOException">The connection is over.</exception>
    public async Task<(ControlKind Kind, byte[] Body)> AskAsync(ControlKind question, Action<MessageWriter>? body = null, int[]? descriptors = null)
    {
        await Unanswered.WaitAsync().ConfigureAwait(false);
        try
        {
            TaskCompletionSource<(ControlKind, byte[])> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_sending)
            {
                _asked.GetOrAdd(question, _ => new()).Enqueue(answer);
                Send(question, body, descriptors ?? []);
                CrashPoint.Reach("warden: start sent", question == ControlKind.Start);
            }

            if (_broken)
                FailAll();
            return await answer.Task.ConfigureAwait(false);
        }
        finally
        {
            Unanswered.Release();
        }
    }

    /// <summary>Tells something that has no answer; a broken connection is not an error here.</summary>
    public void Tell(ControlKind kind)
    {
        lock (_sending)
            Send(kind, null, []);
    }

    /// <summary>Closes the connection; cell-init lives on if its payload does.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        lock (_sending)
            _socket.Shutdown();
        await Closed.ConfigureAwait(false);
        _reader.Dispose();
        lock (_sending)
            _socket.Dispose();
    }

    private void Send(ControlKind kind, Action<MessageWriter>? body, int[] descriptors)
    {
        if (_broken)
            return; // and the socket may be closed
        byte[] frame = ControlFrame.Write(kind, body);
        // The frames fit the socket's buffer many times: one that does not go whole finds a cell-init that no longer reads.
        if (Sys.TrySend(_socket, frame, descriptors, out _) != frame.Length)
            _socket.Shutdown();
    }

    private async Task ReadAsync(byte[] secret)
    {
        try
        {
            byte[] nonce = Sys.RandomBytes(CellProof.NonceSize);
            Send(ControlKind.Challenge, w => Raw(w, nonce), []);
            byte[] proof = await ReadProofAsync(secret, nonce).ConfigureAwait(false);
            Send(ControlKind.WardenProof, w => Raw(w, proof), []);
            Proven.SetResult();
            while (true)
                Hear(await ReadFrameAsync().ConfigureAwait(false));
        }
        catch (Exception e)
        {
            // Whatever it was: nobody may wait for an answer that does not come.
            _broken = true;
            _socket.Shutdown();
            Proven.TrySetException(e as IOException ?? new IOException($"control connection: {e.Message}", e));
            FailAll();
            _ending.TrySetResult(null);
            _closed.SetResult();
        }
    }

    private async Task<byte[]> ReadProofAsync(byte[] secret, byte[] nonce)
    {
        byte[] frame = await ReadFrameAsync().ConfigureAwait(false);
        if ((ControlKind)frame[0] != ControlKind.CellProof)
            throw new WireException("cell-init's first message is no proof");
        MessageReader reader = new(frame.AsSpan(1));
        byte[] cellNonce = reader.Bytes(CellProof.NonceSize);
        byte[] shown = reader.Bytes(CellProof.Size);
        if (!CellProof.AreEqual(shown, CellProof.OfCell(secret, nonce, cellNonce)))
            throw new WireException("who answers on the control socket does not know the cell's secret");
        // What a later form says after its version is not read here.
        Version = reader.IsAtEnd ? ControlVersion.Unsaid : reader.Count(int.MaxValue);
        return ControlVersion.IsRead(Version) ? CellProof.OfWarden(secret, nonce, cellNonce) : throw new OtherControlVersionException(Version);
    }

    private void Hear(byte[] frame)
    {
        ControlKind kind = (ControlKind)frame[0];
        if (kind == ControlKind.Ended)
        {
            _ending.TrySetResult(ObservedEnding.Read(new MessageReader(frame.AsSpan(1))));
            return;
        }

        ControlKind question = kind switch
        {
            ControlKind.Entered => ControlKind.Enter,
            ControlKind.Resolved => ControlKind.Resolve,
            ControlKind.Digested => ControlKind.Digest,
            ControlKind.Started or ControlKind.NotStarted => ControlKind.Start,
            ControlKind.Signalled => ControlKind.Signal,
            ControlKind.Looked => ControlKind.Look,
            _ => throw new WireException($"cell-init sent a message of kind {frame[0]}"),
        };
        if (!_asked.TryGetValue(question, out var waiting) || !waiting.TryDequeue(out TaskCompletionSource<(ControlKind, byte[])>? answer))
            throw new WireException($"cell-init answered {kind}, which nobody asked");
        answer.TrySetResult((kind, frame[1..]));
    }

    private async Task<byte[]> ReadFrameAsync()
    {
        byte[] prefix = await ReadExactlyAsync(ControlFrame.PrefixSize).ConfigureAwait(false);
        return await ReadExactlyAsync(ControlFrame.ReadLength(prefix)).ConfigureAwait(false);
    }

    private async Task<byte[]> ReadExactlyAsync(int count)
    {
        byte[] bytes = new byte[count];
        for (int filled = 0; filled < count;)
        {
            int read = await _reader.ReceiveAsync(bytes.AsMemory(filled), SocketFlags.None).ConfigureAwait(false);
            if (read == 0)
                throw new IOException("cell-init closed its control connection");
            filled += read;
        }

        return bytes;
    }

    private void FailAll()
    {
        foreach (ConcurrentQueue<TaskCompletionSource<(ControlKind, byte[])>> waiting in _asked.Values)
            while (waiting.TryDequeue(out TaskCompletionSource<(ControlKind, byte[])>? answer))
                answer.TrySetException(new IOException("cell-init is gone"));
    }

    private static void Raw(MessageWriter writer, byte[] bytes)
    {
        foreach (byte value in bytes)
            writer.U8(value);
    }
}
