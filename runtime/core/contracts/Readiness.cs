namespace Isolation.Core;

/// <summary>Whether a level works on this host, found by doing.</summary>
public abstract record Readiness
{
    private Readiness() { }

    /// <summary>It works.</summary>
    /// <param name="RoomKinds">The kinds of room that work, for setuid <c>classic</c> and <c>private</c>.</param>
    public sealed record Ready(IReadOnlyList<string> RoomKinds) : Readiness
    {
        /// <summary>Why the level's other kinds of room do not work; empty when all do.</summary>
        public string Lacking { get; init; } = "";
    }

    /// <summary>It does not.</summary>
    /// <param name="Cause">What was tried, and what was seen.</param>
    /// <param name="Fix">What an administrator can do.</param>
    public sealed record NotReady(string Cause, string Fix) : Readiness;
}
