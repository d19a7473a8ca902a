namespace Isolation.Core;

/// <summary>A group id of the host.</summary>
public readonly record struct GroupId(uint Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
