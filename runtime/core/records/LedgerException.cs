namespace Isolation.Core;

/// <summary>A record could not be made durable.</summary>
public sealed class LedgerException : Exception
{
    /// <summary>A failure with what was tried, why it failed, and what an administrator can do.</summary>
    public LedgerException(string cause, string fix, Exception? inner = null)
        : base($"{cause} {fix}", inner) => (Cause, Fix) = (cause, fix);

    /// <summary>What was tried, and why it failed.</summary>
    public string Cause { get; }

    /// <summary>What an administrator can do.</summary>
    public string Fix { get; }
}
