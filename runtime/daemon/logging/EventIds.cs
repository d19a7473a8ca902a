namespace Isolation.Daemon;

/// <summary>The numbers of every log event: 1 to 99 the service, 100 the listener, 200 payloads, 300 the warden, 400 the policy. Append; never reuse.</summary>
internal static class EventIds
{
    public const int Serving = 1;
    public const int Stopping = 2;
    public const int Stopped = 3;
    public const int NotRecorded = 4;
    public const int CannotServe = 5;
    public const int ChildEnded = 6;
    public const int WithoutKernel = 7;
    public const int Draining = 8;

    public const int ConnectionRefused = 100;
    public const int ConnectionBroke = 101;
    public const int ConnectionFailed = 102;
    public const int AcceptFailed = 103;
    public const int PeerUnknown = 104;
    public const int PeerInsideCell = 105;

    public const int RunFailed = 200;
    public const int Recovering = 201;
    public const int NotRecovered = 202;

    public const int WardenConnected = 300;
    public const int WardenLost = 301;
    public const int WardenStrange = 302;
    public const int WardenNotStopped = 303;
    public const int WardenStopped = 304;
    public const int LevelReady = 305;
    public const int LevelNotReady = 306;
    public const int CellNotDestroyed = 307;

    public const int PolicyLoaded = 400;
    public const int PolicyFault = 401;
    public const int PolicyKept = 402;
    public const int PolicyNote = 403;
}
