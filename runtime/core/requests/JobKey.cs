namespace Isolation.Core;

/// <summary>Which batch job a process is in. Batch systems are not recognised yet: every process has <see cref="None"/>.</summary>
public readonly record struct JobKey(string Value)
{
    /// <summary>In no recognised batch job.</summary>
    public static readonly JobKey None = new("none");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
