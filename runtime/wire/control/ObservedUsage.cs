namespace Isolation.Wire;

/// <summary>One figure: its number, and its value; -1 where there is no counter, -2 where it could not be read (Core: UsageFigure, UsageFigures).</summary>
public readonly record struct ObservedFigure(byte Number, long Value);

/// <summary>The figures of a leaf. One that is not among them has no counter there.</summary>
public sealed record ObservedUsage(ObservedFigure[] Figures)
{
    /// <summary>The most figures.</summary>
    public const int Most = 64;

    /// <summary>Nothing measured.</summary>
    public static readonly ObservedUsage None = new([]);

    /// <summary>The value of a figure; -1 when it is not there.</summary>
    public long this[byte number]
    {
        get
        {
            foreach (ObservedFigure figure in Figures)
                if (figure.Number == number)
                    return figure.Value;
            return -1;
        }
    }

    /// <summary>From pairs.</summary>
    public static ObservedUsage Of(IEnumerable<(byte Number, long Value)> pairs)
    {
        List<ObservedFigure> figures = []; // one Select of another is looked up at run time, anew in each cell-init
        foreach ((byte number, long value) in pairs)
            figures.Add(new ObservedFigure(number, value));
        return new ObservedUsage([.. figures]);
    }

    /// <summary>As pairs.</summary>
    public IEnumerable<(byte Number, long Value)> Pairs => Figures.Select(figure => (figure.Number, figure.Value));

    /// <inheritdoc/>
    public bool Equals(ObservedUsage? other) => other is not null && Figures.AsSpan().SequenceEqual(other.Figures);

    /// <inheritdoc/>
    public override int GetHashCode() => Figures.Length;

    /// <summary>Writes it.</summary>
    public MessageWriter Write(MessageWriter to)
    {
        to.U32((uint)Figures.Length);
        foreach (ObservedFigure figure in Figures)
            to.U8(figure.Number).I64(figure.Value);
        return to;
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static ObservedUsage Read(ref MessageReader from)
    {
        var figures = new ObservedFigure[from.Count(Most)];
        for (int i = 0; i < figures.Length; i++)
            figures[i] = new ObservedFigure(from.U8(), from.I64());
        return new ObservedUsage(figures);
    }
}
