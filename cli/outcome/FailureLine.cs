namespace Isolation.Cli;

/// <summary>The one line on stderr: what failed, why, and what to do.</summary>
internal static class FailureLine
{
    /// <summary>Prints the line, and returns the exit code.</summary>
    public static int Of(int exitCode, string text)
    {
        Output.Error("isolation: " + text);
        return exitCode;
    }

    /// <summary>The line of an error frame.</summary>
    public static string OfError(JsonView error) => Sentence($"{error["code"u8].Text}: {error["message"u8].Text}", error["fix"u8].Text);

    /// <summary>The line of an ending; null where the payload speaks for itself.</summary>
    public static string? OfEnding(JsonView ending)
    {
        string? why = ending["why"u8].Text;
        string? fix = ending["fix"u8].Text;
        return ending["kind"u8].Text switch
        {
            "exited" or "signaled" => null,
            "refused" => Sentence($"refused by rule \"{ending["rule"u8].Text}\": {why}", fix),
            "unavailable" when ending["pilotMayRun"u8].IsTrue => Sentence($"unavailable, and the site lets the pilot run the payload itself: {why}", fix),
            "unavailable" => Sentence($"unavailable, and the site does not let the pilot run the payload itself: {why}", fix),
            "setup-failed" => Sentence($"the sandbox failed at step \"{ending["step"u8].Text}\", nothing of the payload has run: {why}",
                fix ?? "Try again; if it stays, show this line to the administrators of this node."),
            "lost" => Sentence($"how the payload ended is not known: {why}", fix ?? "Treat it as failed; `isolation trace` on this node may know more."),
            "busy" => Sentence($"too much at once: {why}", fix ?? $"Try again after {Retry(ending)}."),
            "timed-out" => Sentence($"the payload was ended at its wall limit of {DurationText.Of(ending["limitMilliseconds"u8].Number ?? 0)}",
                fix ?? "Ask for a longer one with --limit wall=…, if the site's policy lets you."),
            "out-of-memory" => Sentence(
                $"the kernel killed the payload's main process: out of memory at {LimitOf(ending)}; killed: {ending["victim"u8].Text ?? "who is not known"}",
                fix ?? FixOf(ending)),
            "killed-from-outside" => Sentence($"the payload was ended from outside: {why}", fix ?? "Ask the operators of this node."),
            "abandoned" => Sentence("the payload was ended because its client was taken to be gone" + (why is null ? "" : $": {why}"),
                fix ?? "Keep the client running, unstopped, until the payload has ended."),
            string kind => Sentence($"the payload ended in a way that this client does not know, \"{kind}\": {why}",
                fix ?? "Use the client that belongs to the service."),
            null => "the service told of an ending without a kind. Fix: Use the client that belongs to the service.",
        };
    }

    /// <summary>The line on processes that the kernel killed, where the ending itself says nothing of them; null when there were none.</summary>
    public static string? OfKilled(JsonView ending, JsonView killed)
        => killed["kills"u8].Number is not long kills || ending["kind"u8].Text == "out-of-memory"
            ? null
            : Sentence($"the kernel killed {kills} of the payload's processes: out of memory at {LimitOf(killed)}; killed: {killed["victims"u8].Text ?? "who is not known"}",
                FixOf(killed));

    /// <summary>Joins what failed and what to do.</summary>
    public static string Sentence(string what, string? fix)
    {
        what = what.TrimEnd('.', ' ', ':');
        return fix is null ? what + "." : $"{what}. Fix: {fix.TrimEnd('.', ' ')}.";
    }

    private static string LimitOf(JsonView told) => told["limit"u8].Text switch
    {
        "payload" => "the payload's own limit",
        "job" => "the batch job's limit",
        "host" => "the host's limit",
        _ => "a limit, and whose it was is not known",
    };

    private static string FixOf(JsonView told) => told["limit"u8].Text switch
    {
        "payload" => "Ask for more with --limit memory=…, if the site's policy lets you, or use less.",
        "job" => "Ask the batch system for a job with more memory, or use less.",
        "host" => "Show this line to the administrators of this node.",
        _ => "Use less memory, or ask for more.",
    };

    private static string Retry(JsonView ending)
        => ending["retryAfterMilliseconds"u8].Number is { } wait ? DurationText.Of(wait) : "a few seconds";
}
