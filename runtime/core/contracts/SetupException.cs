namespace Isolation.Core;

/// <summary>A step of building or entering a room failed, and what had been done was undone.</summary>
public class SetupException : Exception
{
    /// <summary>A failure at <paramref name="step"/>.</summary>
    /// <param name="step">The step's name.</param>
    /// <param name="cause">What was tried, on what, and why it failed.</param>
    /// <param name="undo">What could not be undone, or null.</param>
    /// <param name="inner">The exception behind it, if any.</param>
    public SetupException(string step, string cause, string? undo = null, Exception? inner = null)
        : base($"{step}: {cause}", inner) => (Step, Cause, Undo) = (step, cause, undo);

    /// <summary>The same failure, where more could not be undone.</summary>
    /// <param name="undo">What, or null.</param>
    public SetupException With(string? undo)
        => new(Step, Cause, (Undo, undo) switch { (null, _) => undo, (_, null) => Undo, _ => $"{Undo}; {undo}" }, InnerException ?? this);

    /// <summary>The step's name.</summary>
    public string Step { get; }

    /// <summary>What was tried, on what, and why it failed.</summary>
    public string Cause { get; }

    /// <summary>What could not be undone, or null.</summary>
    public string? Undo { get; }
}
