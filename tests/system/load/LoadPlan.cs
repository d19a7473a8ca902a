using System.Globalization;

namespace Isolation.Service.Tests;

/// <summary>How long a load lasts, and with which chance.</summary>
/// <param name="Length">From the first client's start to the last one's.</param>
/// <param name="Seed">The same one gives each client the same commands in the same order, and the same kills after the same pauses.</param>
internal sealed record LoadPlan(TimeSpan Length, int Seed)
{
    /// <summary>
    /// One minute; ISOLATION_SOAK=10m (or 90s) is another length, ISOLATION_SOAK_SEED a seed that a run has told.
    /// </summary>
    /// <param name="part">How much of the whole length this load is.</param>
    public static LoadPlan Read(double part)
    {
        string length = Environment.GetEnvironmentVariable("ISOLATION_SOAK") ?? "1m";
        double seconds = double.Parse(length[..^1], CultureInfo.InvariantCulture) * length[^1] switch
        {
            's' => 1,
            'm' => 60,
            _ => throw new ArgumentException($"ISOLATION_SOAK is '{length}'. Fix: minutes or seconds, as 10m or 90s."),
        };
        string? seed = Environment.GetEnvironmentVariable("ISOLATION_SOAK_SEED");
        return new LoadPlan(TimeSpan.FromSeconds(seconds * part), seed is null ? Random.Shared.Next() : int.Parse(seed, CultureInfo.InvariantCulture));
    }
}
