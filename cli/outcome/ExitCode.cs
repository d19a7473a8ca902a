namespace Isolation.Cli;

/// <summary>
/// The exit codes that are not the payload's own (docs/cli.md). They leave 0 to 239 to the payload; a payload that returns one
/// of these is told apart by the status channel.
/// </summary>
internal static class ExitCode
{
    /// <summary>The command was carried out.</summary>
    public const int Done = 0;

    /// <summary>doctor: something is missing, as its output says.</summary>
    public const int SomethingMissing = 1;

    /// <summary>What read our output is gone; as a shell tells a process that SIGPIPE ended.</summary>
    public const int BrokenPipe = SignalBase + 13;

    /// <summary>The command line or the request is wrong.</summary>
    public const int Usage = 240;

    /// <summary>Policy, or a check before the start, said no.</summary>
    public const int Refused = 241;

    /// <summary>The service cannot, or does not answer.</summary>
    public const int Unavailable = 242;

    /// <summary>The same, and the site lets the pilot run the payload itself.</summary>
    public const int PilotMayRun = 243;

    /// <summary>A step of the sandbox failed; nothing of the payload has run.</summary>
    public const int SetupFailed = 244;

    /// <summary>How the payload ended is not known.</summary>
    public const int Lost = 245;

    /// <summary>Too much at once.</summary>
    public const int Busy = 246;

    /// <summary>The wall-clock limit passed.</summary>
    public const int TimedOut = 247;

    /// <summary>Ended by an operator or the batch system.</summary>
    public const int KilledFromOutside = 248;

    /// <summary>Ended because its client was taken to be gone.</summary>
    public const int Abandoned = 249;

    /// <summary>The kernel killed the main process for want of memory.</summary>
    public const int OutOfMemory = 250;

    /// <summary>The payload exited with 0, and a file that was asked for could not be fetched.</summary>
    public const int NotFetched = 251;

    private const int SignalBase = 128;

    /// <summary>A payload that a signal ended, as shells tell it.</summary>
    public static int OfSignal(int signal) => SignalBase + signal;

    /// <summary>The exit code for an ending of the protocol.</summary>
    public static int OfEnding(JsonView ending) => ending["kind"u8].Text switch
    {
        "exited" => (int)(ending["code"u8].Number ?? Lost) & 0xff,
        "signaled" => OfSignal((int)(ending["signal"u8].Number ?? 0)),
        "timed-out" => TimedOut,
        "out-of-memory" => OutOfMemory,
        "abandoned" => Abandoned,
        "killed-from-outside" => KilledFromOutside,
        "refused" => Refused,
        "busy" => Busy,
        "unavailable" => ending["pilotMayRun"u8].IsTrue ? PilotMayRun : Unavailable,
        "setup-failed" => SetupFailed,
        _ => Lost,
    };

    /// <summary>The exit code for an error frame.</summary>
    public static int OfError(string? code) => code switch
    {
        "bad-request" => Usage,
        "not-allowed" or "no-such-payload" => Refused,
        "busy" => Busy,
        "bad-version" => Unavailable,
        _ => SetupFailed,
    };
}
