namespace Isolation.Core;

/// <summary>What became of a signal to a payload.</summary>
public enum SignalResult : byte
{
    /// <summary>There was nobody to signal: not started yet, or already over.</summary>
    NobodyThere = 0,

    /// <summary>It was sent.</summary>
    Sent = 1,

    /// <summary>It was sent, and acts only when the batch system resumes the job, which it has suspended.</summary>
    WaitsForResume = 2,
}
