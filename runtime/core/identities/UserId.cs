namespace Isolation.Core;

/// <summary>A user id of the host. Compare by name (<see cref="IsRoot"/>), not by number.</summary>
public readonly record struct UserId(uint Value)
{
    /// <summary>uid 0.</summary>
    public static readonly UserId Root = new(0);

    /// <summary>True for uid 0.</summary>
    public bool IsRoot => this == Root;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
