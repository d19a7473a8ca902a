namespace Isolation.Cells;

/// <summary>What became of a room that an earlier warden had built.</summary>
public abstract record Reattached
{
    private Reattached() { }

    /// <summary>A payload was told to start in it: it runs, or its ending is known.</summary>
    /// <param name="Cell">The caller's to dispose.</param>
    public sealed record Live(IHostCell Cell) : Reattached;

    /// <summary>Nothing had been told to start, and nobody owns it: it has been removed.</summary>
    /// <param name="Left">What could not be removed, or null.</param>
    public sealed record Gone(string? Left) : Reattached;

    /// <summary>Its cell-init speaks what this program does not read: it was left running, and told nothing.</summary>
    /// <param name="Why">Which form it speaks.</param>
    public sealed record Unreadable(string Why) : Reattached;

    /// <summary>Its cell-init lives and does not answer: it was left alone.</summary>
    /// <param name="Why">What was tried.</param>
    public sealed record Silent(string Why) : Reattached;
}
