using Isolation.Core;

namespace Isolation.Warden;

/// <summary>What all connections share: the limits in force, swapped by reference, and the wish to stop.</summary>
internal sealed class WardenState(string limitsPath, WardenLog log)
{
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WardenLimits _limits = WardenLimits.Load(limitsPath);

    /// <summary>Version and runtime.</summary>
    internal static string About => $"warden {typeof(WardenState).Assembly.GetName().Version?.ToString(3)} on .NET {Environment.Version}";

    /// <summary>The limits in force.</summary>
    internal WardenLimits Limits => Volatile.Read(ref _limits);

    /// <summary>Completes when a front has asked the warden to end.</summary>
    internal Task Stopping => _stop.Task;

    internal void Stop() => _stop.TrySetResult();

    /// <summary>Reads warden.json again; a bad file changes nothing.</summary>
    /// <exception cref="SetupException">The file is bad.</exception>
    internal void RereadLimits()
    {
        try
        {
            Volatile.Write(ref _limits, WardenLimits.Load(limitsPath));
            log.Write($"read {limitsPath} again");
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new SetupException("reread-limits", e.Message, inner: e);
        }
    }
}
