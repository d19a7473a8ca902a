namespace Isolation.Core;

/// <summary>What became of the command before its start.</summary>
public abstract record Resolution
{
    private Resolution() { }

    /// <summary>The command was found, and the payload account may execute it.</summary>
    /// <param name="Command">What it is.</param>
    public sealed record Resolved(ResolvedCommand Command) : Resolution;

    /// <summary>The command cannot be run by the payload account, or the working directory not entered.</summary>
    /// <param name="What">What cannot be used: the command, or the directory.</param>
    /// <param name="Why">The kernel's answer.</param>
    /// <param name="Fix">What the caller can do.</param>
    public sealed record NotUsable(string What, string Why, string Fix) : Resolution;

    /// <summary>A stream that the client sent is of no kind that may be passed.</summary>
    /// <param name="Stream">0, 1 or 2.</param>
    /// <param name="Kind">What it is.</param>
    public sealed record StreamRefused(int Stream, string Kind) : Resolution;

    /// <summary>The client went before its streams were complete.</summary>
    public sealed record ClientGone : Resolution;

    /// <summary>The client did not complete its streams in time, or the room did not answer.</summary>
    /// <param name="Step">Which wait.</param>
    public sealed record TimedOut(string Step) : Resolution;
}

/// <summary>A command as it was found in the room.</summary>
/// <param name="Path">The path that will be executed.</param>
/// <param name="Digest">SHA-256 of the file, hexadecimal, or null.</param>
/// <param name="WhyNoDigest">Why there is no digest: not regular, too large, not readable.</param>
public sealed record ResolvedCommand(ByteString Path, string? Digest, string? WhyNoDigest);
