namespace Isolation.Wire;

/// <summary>
/// The messages between the warden and one cell-init. On the connection each is a frame: length of what follows (u32,
/// little-endian), kind (u8), body. Descriptors, where the transport can carry them, come with the frame's first byte.
/// </summary>
public enum ControlKind : byte
{
    /// <summary>Warden: a nonce.</summary>
    Challenge = 1,

    /// <summary>Cell: a nonce of its own, its proof, and the form of its messages (u32, <see cref="ControlVersion"/>).</summary>
    CellProof = 2,

    /// <summary>Warden: its proof. Everything else comes after it.</summary>
    WardenProof = 3,

    /// <summary>Warden: <see cref="EnterCell"/>, with descriptors.</summary>
    Enter = 10,

    /// <summary>Cell: entered, or why it could not be (text; empty when it was).</summary>
    Entered = 11,

    /// <summary>Warden: resolve, once the streams are there. No body.</summary>
    Resolve = 12,

    /// <summary>Cell: <see cref="CellResolution"/>.</summary>
    Resolved = 13,

    /// <summary>Warden: digest the resolved file. No body.</summary>
    Digest = 14,

    /// <summary>Cell: digest (32 bytes, or none) and why there is none (text).</summary>
    Digested = 15,

    /// <summary>Warden: start. No body.</summary>
    Start = 16,

    /// <summary>Cell: pid (i32).</summary>
    Started = 17,

    /// <summary>Cell: the step's number (i32; 0 when the client is gone) and errno (i32).</summary>
    NotStarted = 18,

    /// <summary>Warden: signal number (i32).</summary>
    Signal = 19,

    /// <summary>Cell: whether there was somebody to signal (flag).</summary>
    Signalled = 20,

    /// <summary>Cell, unasked: <see cref="ObservedEnding"/>. Said again on each new connection until it is acknowledged.</summary>
    Ended = 21,

    /// <summary>Warden: kill whatever runs, then report the ending. No body.</summary>
    Kill = 22,

    /// <summary>Warden: the ending is kept elsewhere; cell-init exits. No body.</summary>
    Acknowledge = 23,

    /// <summary>Warden, that has found the room of an earlier one: what is in it? No body.</summary>
    Look = 24,

    /// <summary>Cell: the payload's main process, by the number that it has in the room (i32); 0 when nothing has been started.</summary>
    Looked = 25,
}
