using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>Where attackers and victims run: as payloads, or bare, which is what shows that a probe can succeed.</summary>
internal interface IStage
{
    /// <summary>Starts this program there.</summary>
    /// <param name="subject">Whose payload it is.</param>
    /// <param name="words">The program's arguments.</param>
    /// <param name="needs">What else it gets.</param>
    Started Start(string subject, IReadOnlyList<string> words, Needs needs);

    /// <summary>What is known of the payloads of that subject before one is there.</summary>
    IEnumerable<KeyValuePair<string, string>> Facts(string subject);

    /// <summary>False for the bare one: there, nothing that a probe leaves behind goes away by itself.</summary>
    bool Separates { get; }
}

/// <summary>What a program on a stage gets.</summary>
internal sealed record Needs
{
    /// <summary>Limits, as <c>isolation run --limit</c> takes them.</summary>
    public IReadOnlyList<string> Limits { get; init; } = [];

    /// <summary>Variables that it is meant to have.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Variables that its caller has, and it is not meant to have.</summary>
    public IReadOnlyList<string> CallersEnvironment { get; init; } = [];

    /// <summary>A standard input in the place of a pipe.</summary>
    public Descriptor? Input { get; init; }

    /// <summary>A standard output in the place of a pipe.</summary>
    public Descriptor? Output { get; init; }

    /// <summary>Open files of its caller that it is not meant to have.</summary>
    public IReadOnlyList<Descriptor> CallersFiles { get; init; } = [];
}

/// <summary>A program on a stage.</summary>
/// <param name="Process">The process that stands for it: itself, or its client.</param>
/// <param name="StatusFile">Where the client tells its states; null where there is none.</param>
internal sealed record Started(Running Process, string? StatusFile) : IDisposable
{
    public void Dispose() => Process.Dispose();
}
