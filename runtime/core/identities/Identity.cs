namespace Isolation.Core;

/// <summary>Who a payload belongs to, and how that is known.</summary>
public abstract record Identity
{
    private Identity() { }

    /// <summary>The text by which accounts are kept apart and records are searched.</summary>
    public abstract string Subject { get; }

    /// <summary>The pilot's own account: no other identity was shown.</summary>
    public sealed record PilotItself(string AccountName) : Identity
    {
        /// <inheritdoc/>
        public override string Subject => AccountName;
    }

    /// <summary>A subject named by a pilot that policy trusts to do so (<c>claims: trusted</c>): the pilot's word.</summary>
    public sealed record Claimed(string Name) : Identity
    {
        /// <inheritdoc/>
        public override string Subject => Name;
    }
}
