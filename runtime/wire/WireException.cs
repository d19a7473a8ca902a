namespace Isolation.Wire;

/// <summary>Bytes from the other side break the protocol. The connection they came over is closed.</summary>
public sealed class WireException : Exception
{
    /// <summary>What was read, and which rule it breaks.</summary>
    public WireException(string message, Exception? inner = null) : base(message, inner) { }
}
