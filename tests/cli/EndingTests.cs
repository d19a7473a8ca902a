using Isolation.Wire;

namespace Isolation.Cli.Tests;

/// <summary>A failure of the sandbox has a number and a line of its own, and is never told as one of the payload.</summary>
public sealed class EndingTests
{
    public static TheoryData<WireEnding, int, string?> Endings => new()
    {
        { new WireEnding { Kind = "exited", Code = 0 }, 0, null },
        { new WireEnding { Kind = "exited", Code = 255 }, 255, null },
        { new WireEnding { Kind = "signaled", Signal = 9 }, 137, null },
        { new WireEnding { Kind = "refused", Rule = "x", Why = "no.", Fix = "Ask." }, 241, "refused by rule \"x\": no. Fix: Ask." },
        { new WireEnding { Kind = "unavailable", Why = "gone", Fix = "Wait", PilotMayRun = false }, 242, "unavailable, and the site does not let the pilot run the payload itself: gone. Fix: Wait." },
        { new WireEnding { Kind = "unavailable", Why = "gone", Fix = "Wait", PilotMayRun = true }, 243, "unavailable, and the site lets the pilot run the payload itself: gone. Fix: Wait." },
        { new WireEnding { Kind = "setup-failed", Step = "seccomp", Why = "errno 22" }, 244, "the sandbox failed at step \"seccomp\", nothing of the payload has run: errno 22. Fix: " },
        { new WireEnding { Kind = "lost", Why = "cell-init gone" }, 245, "how the payload ended is not known: cell-init gone. Fix: " },
        { new WireEnding { Kind = "busy", Why = "full", RetryAfterMilliseconds = 2000 }, 246, "too much at once: full. Fix: Try again after 2s." },
        { new WireEnding { Kind = "timed-out", LimitMilliseconds = 600_000 }, 247, "the payload was ended at its wall limit of 10m. Fix: " },
        { new WireEnding { Kind = "killed-from-outside", Why = "signal 9, sent by root" }, 248, "the payload was ended from outside: signal 9, sent by root. Fix: " },
        {
            new WireEnding { Kind = "out-of-memory", Limit = "payload", Victim = "hog (pid 7)" }, 250,
            "the kernel killed the payload's main process: out of memory at the payload's own limit; killed: hog (pid 7). Fix: Ask for more with --limit memory="
        },
        {
            new WireEnding { Kind = "out-of-memory", Limit = "unknown" }, 250,
            "the kernel killed the payload's main process: out of memory at a limit, and whose it was is not known; killed: who is not known. Fix: "
        },
        { new WireEnding { Kind = "abandoned" }, 249, "the payload was ended because its client was taken to be gone. Fix: " },
        { new WireEnding { Kind = "banned", Why = "w" }, 245, "the payload ended in a way that this client does not know, \"banned\": w. Fix: " },
    };

    [Theory]
    [MemberData(nameof(Endings))]
    public void Each_ending_has_its_exit_code_and_its_line(WireEnding ending, int exitCode, string? line)
    {
        JsonView view = new JsonView(ClientJson.Write(new EndedAnswer("id", ending, null)))["ending"u8];
        Assert.Equal(exitCode, ExitCode.OfEnding(view));
        string? told = FailureLine.OfEnding(view);
        if (line is null)
            Assert.Null(told);
        else
            Assert.StartsWith(line, told, StringComparison.Ordinal);
    }
}
