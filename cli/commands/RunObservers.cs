namespace Isolation.Cli;

/// <summary>What a run keeps up to date beside its payload.</summary>
/// <param name="Status">The status channel.</param>
/// <param name="Usage">The usage file, or null.</param>
/// <param name="Exchange">The files that pass, or null.</param>
/// <param name="Detached">The streams of a payload that is left once it runs, or null.</param>
internal sealed record RunObservers(StatusChannel Status, UsageFile? Usage, ClientExchange? Exchange, DetachedStreams? Detached = null);
