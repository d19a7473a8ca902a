namespace Isolation.Core;

/// <summary>What a payload used. Each figure is either measured or not available, with the reason.</summary>
/// <param name="CpuUser">CPU time in user mode, microseconds.</param>
/// <param name="CpuSystem">CPU time in the kernel, microseconds.</param>
/// <param name="Wall">From the start to the main process's end, microseconds.</param>
/// <param name="MemoryPeak">Largest memory charged to the leaf, bytes.</param>
public sealed record ResourceUsage(Figure CpuUser, Figure CpuSystem, Figure Wall, Figure MemoryPeak)
{
    /// <summary>Nothing measured, for this reason.</summary>
    public static ResourceUsage NotMeasured(string why)
    {
        Figure none = new Figure.NotAvailable(why);
        return new ResourceUsage(none, none, none, none);
    }
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
