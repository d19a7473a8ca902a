namespace Isolation.Daemon;

/// <summary>Where the bytes of a connection come from.</summary>
internal interface IByteSource
{
    /// <summary>The next bytes; 0 at the end.</summary>
    /// <exception cref="Isolation.Wire.WireException">Descriptors came with them, or somebody else sent them.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken ct);

    /// <summary>Nothing will be read for a while: what reading costs is given back until the next <see cref="ReceiveAsync"/>.</summary>
    void Rest();

    /// <summary>The peer has said hello itself, and lives: from now on whoever holds the connection may send over it, as where the kernel knows who connected.</summary>
    void Proven() { }
}
