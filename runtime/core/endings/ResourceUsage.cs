using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>What a payload used: for each figure of <see cref="UsageFigures"/> a measured value, or why there is none.</summary>
public sealed class ResourceUsage : IEquatable<ResourceUsage>
{
    private readonly ImmutableArray<Figure> _figures; // as in UsageFigures.All

    private ResourceUsage(Func<UsageFigure, Figure> figure) => _figures = [.. UsageFigures.All.Select(row => figure(row.Figure))];

    /// <summary>One figure.</summary>
    public Figure this[UsageFigure figure]
    {
        get
        {
            for (int i = 0; i < _figures.Length; i++)
                if (UsageFigures.All[i].Figure == figure)
                    return _figures[i];
            throw new ArgumentOutOfRangeException(nameof(figure), figure, "no such figure");
        }
    }

    /// <summary>Every figure under its name, in the table's order.</summary>
    public IEnumerable<(string Name, Figure Figure)> Named => UsageFigures.All.Select((row, i) => (row.Name, _figures[i]));

    /// <summary>Nothing measured, for this reason.</summary>
    public static ResourceUsage NotMeasured(string why) => new(_ => new Figure.NotAvailable(why));

    /// <summary>As the wire tells it: figures' numbers and values; of a number that is there twice the first counts, one without a figure is left out.</summary>
    public static ResourceUsage Of(IEnumerable<(byte Number, long Value)> observed)
    {
        Dictionary<byte, long> values = [];
        foreach ((byte number, long value) in observed)
            values.TryAdd(number, value);
        return new ResourceUsage(figure => UsageFigures.Of(figure, values.TryGetValue((byte)figure, out long value) ? value : null));
    }

    /// <inheritdoc/>
    public bool Equals(ResourceUsage? other) => other is not null && _figures.SequenceEqual(other._figures);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ResourceUsage);

    /// <inheritdoc/>
    public override int GetHashCode() => _figures[0].GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Named.Select(n => $"{n.Name}: {n.Figure}"));
}

/// <summary>One figure of usage.</summary>
public abstract record Figure
{
    private Figure() { }

    /// <summary>Read from the kernel.</summary>
    public sealed record Measured(long Value) : Figure;

    /// <summary>Not known.</summary>
    public sealed record NotAvailable(string Why) : Figure;
}
