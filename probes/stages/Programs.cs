namespace Isolation.Probes;

/// <summary>The programs that lie beside this one.</summary>
internal static class Programs
{
    /// <summary>This program, by the path by which a payload finds it.</summary>
    public static string Separation { get; } = Environment.ProcessPath ?? "/proc/self/exe";

    /// <summary>The client.</summary>
    public static string Client { get; } = Path.Combine(Path.GetDirectoryName(Separation) ?? "/", "isolation");
}
