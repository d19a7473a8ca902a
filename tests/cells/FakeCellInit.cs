using System.Buffers.Binary;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cells.Tests;

/// <summary>What answers on a control socket in a test: it proves a secret, and then says what the test wants.</summary>
internal sealed class FakeCellInit : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cell").FullName;
    private readonly UnixSocket _listener;
    private UnixSocket? _socket;

    internal FakeCellInit() => _listener = UnixSocket.Listen(UnixSocketKind.Stream, Path, 4);

    internal static byte[] Secret { get; } = [.. Enumerable.Range(0, CellProof.SecretSize).Select(i => (byte)i)];

    internal string Path => _directory + "/control";

    /// <summary>Connects, with this end knowing that secret.</summary>
    internal async Task<CellControl> ConnectAsync(byte[]? secret = null)
    {
        Task<CellControl> connecting = CellControl.ConnectAsync(Path, Secret, TimeSpan.FromSeconds(5));
        await Task.Run(() => Prove(secret ?? Secret));
        return await connecting;
    }

    /// <summary>Takes the connection and shows a proof.</summary>
    /// <param name="secret">What this end knows.</param>
    /// <param name="version">Says which form it speaks, or nothing.</param>
    internal void Prove(byte[] secret, Action<MessageWriter>? version = null)
    {
        _socket = _listener.Accept();
        (ControlKind kind, byte[] nonce) = Read();
        Assert.Equal((ControlKind.Challenge, CellProof.NonceSize), (kind, nonce.Length));
        byte[] own = new byte[CellProof.NonceSize];
        Send(ControlKind.CellProof, w => (version ?? (v => v.U32(ControlVersion.Newest)))(w.Bytes(own).Bytes(CellProof.OfCell(secret, nonce, own))));
        if (!secret.AsSpan().SequenceEqual(Secret) || version is not null)
            return;
        (kind, byte[] proof) = Read();
        Assert.Equal(ControlKind.WardenProof, kind);
        Assert.Equal(CellProof.OfWarden(secret, nonce, own), proof);
    }

    internal void Accept() => _socket = _listener.Accept();

    internal (ControlKind Kind, byte[] Body) Read()
    {
        byte[] frame = Exactly(BinaryPrimitives.ReadInt32LittleEndian(Exactly(4)));
        return ((ControlKind)frame[0], frame[1..]);
    }

    internal void Send(ControlKind kind, Action<MessageWriter>? body = null)
    {
        MessageWriter message = new();
        message.U8((byte)kind);
        body?.Invoke(message);
        byte[] frame = new byte[4 + message.Written.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, message.Written.Length);
        message.Written.Span.CopyTo(frame.AsSpan(4));
        SendRaw(frame);
    }

    internal void SendRaw(byte[] bytes) => _ = Sys.TrySend(_socket!, bytes, [], out _);

    internal void HangUp() => _socket!.Dispose();

    public void Dispose()
    {
        _socket?.Dispose();
        _listener.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private byte[] Exactly(int count)
    {
        byte[] bytes = new byte[count];
        for (int filled = 0; filled < count;)
        {
            int read = Sys.Read(_socket!, bytes.AsSpan(filled));
            if (read <= 0)
                throw new EndOfStreamException("the warden closed the connection");
            filled += read;
        }

        return bytes;
    }
}
