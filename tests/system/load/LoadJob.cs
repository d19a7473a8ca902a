namespace Isolation.Service.Tests;

/// <summary>One thing that a client of a load asks for, and what must come of it.</summary>
/// <param name="Kind">What it is called in the figures.</param>
/// <param name="Arguments">Of <c>isolation run</c>, or of another of its commands.</param>
/// <param name="Code">The exit code of the client, when nobody is killed.</param>
internal sealed record LoadJob(string Kind, string[] Arguments, int Code)
{
    /// <summary>True for <c>run</c>: the client gets a status file.</summary>
    public bool Runs { get; init; } = true;

    /// <summary>By the client in Python.</summary>
    public bool InPython { get; init; }

    /// <summary>A second process of the pilot's waits for the same ending, by id and handle.</summary>
    public bool IsWaitedFor { get; init; }

    public bool IsLogOnly { get; init; }

    /// <summary>What the client gets on standard input.</summary>
    public byte[] Input { get; init; } = [];

    /// <summary>What its standard output must be; null where it may be anything.</summary>
    public byte[]? Output { get; init; }

    /// <summary>A file that is fetched of the payload's scratch, and what must be in it.</summary>
    public (string File, byte[] Content)? Fetched { get; init; }

    /// <summary>A file of the pilot's, made before.</summary>
    public (string File, byte[] Content)? Sent { get; init; }

    /// <summary>What else the client may end with when a part of the service was killed meanwhile: that nothing has run, and where something may have, that it is told.</summary>
    public bool MayEndWith(int code) => code switch
    {
        242 or 244 => true,
        245 => IsLogOnly && Runs, // the client ends with its service, docs/cli.md
        251 => Fetched is not null,
        _ => false,
    };
}
