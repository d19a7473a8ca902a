namespace Isolation.Wire;

/// <summary>
/// The warden's whole table of operations. A message is one SOCK_SEQPACKET datagram of at most <see cref="WardenProtocol.MaxMessage"/>
/// bytes: operation or answer (u8), request number (u32), body.
/// </summary>
public enum WardenOperation : byte
{
    /// <summary>The first message: the protocol's version (u32).</summary>
    Hello = 1,

    /// <summary>Try a level on this host: level (u8).</summary>
    Probe = 2,

    /// <summary><see cref="BuildRoom"/>, with the client's pidfd.</summary>
    Build = 3,

    /// <summary><see cref="EnterRoom"/>, with the client's pidfd and the command block.</summary>
    Enter = 4,

    /// <summary>Wait for the streams and open the command: cell (id).</summary>
    Resolve = 5,

    /// <summary>Start the payload: cell (id), sequence number of its durable record (i64).</summary>
    Start = 6,

    /// <summary>Send a signal: cell (id), number (i32).</summary>
    Signal = 7,

    /// <summary>Wait for the ending: cell (id).</summary>
    Ending = 8,

    /// <summary>Remove all that is left: cell (id), grace in milliseconds (i64).</summary>
    Destroy = 9,

    /// <summary>The ending is durable, the ticket may go: cell (id).</summary>
    Forget = 10,

    /// <summary>List the rooms. No body.</summary>
    List = 11,

    /// <summary>End the warden, if no room is left. No body.</summary>
    Stop = 12,

    /// <summary>Read warden.json again. Only for uid 0. No body.</summary>
    RereadLimits = 13,

    /// <summary><see cref="SurveyPlaces"/>, with the client's pidfd; the answer's body is <see cref="SurveyedPlaces"/>.</summary>
    Survey = 14,

    /// <summary>Only for rooms whose payload the client forks: here is its child: cell (id), with the child's pidfd. Instead of <see cref="Resolve"/>.</summary>
    Join = 15,

    /// <summary>Only for such rooms: how the child ended, as the client says: <see cref="ToldEnding"/>.</summary>
    Tell = 16,

    /// <summary>Only for such rooms: what it has used so far: cell (id). The answer's body is an <see cref="ObservedUsage"/>.</summary>
    Usage = 17,

    /// <summary>The payload is over and its leaf empty: let the client fetch files by its end of the exchange. Cell (id).</summary>
    Collect = 18,

    /// <summary>Let the client lend a directory to the room, not entered yet: cell (id), with the client's pidfd. The socket over which it names it comes back.</summary>
    Lend = 19,

    /// <summary>Wait for what came of it: cell (id). The answer's body is a <see cref="LentAnswer"/>.</summary>
    Lent = 20,

    /// <summary>
    /// What an earlier warden was told to start: cell (id). The answer's body is the main process's number (i32), 0 when nobody knows one: the ending says why.
    /// </summary>
    Find = 21,

    /// <summary>The rooms built ahead. No body; the answer's is <see cref="StockedRooms"/>.</summary>
    Stock = 22,
}

/// <summary>The answers of the warden.</summary>
public enum WardenAnswer : byte
{
    /// <summary>Done; a body only where the operation says so.</summary>
    Done = 128,

    /// <summary>An invariant of the warden's own forbids it: which (text), what was asked (text). Logged.</summary>
    Denied = 129,

    /// <summary>A step failed: its name (text), cause (text), what could not be undone (text, may be empty).</summary>
    Failed = 130,
}

/// <summary>Constants of the protocol between isolationd and the warden.</summary>
public static class WardenProtocol
{
    /// <summary>The version both sides must speak; another one whenever a message changes.</summary>
    public const uint Version = 6;

    /// <summary>The largest message, bytes.</summary>
    public const int MaxMessage = 64 << 10;

    /// <summary>The most descriptors in one message.</summary>
    public const int MaxDescriptors = 2;

    /// <summary>The longest text of an answer, bytes.</summary>
    public const int MaxText = 4096;

    /// <summary>What is denied of a cell that the warden does not have.</summary>
    public const string NoCell = "cell";

    /// <summary>What is denied of a cell that is not at the stage for it.</summary>
    public const string AnotherStage = "state";
}
