using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>F2, F4 and F12: more memory than the limit. Without one they stop at four times as much.</summary>
internal static class F2
{
    private const int MebiBytes = 256;
    private const string Killed = "the kernel killed it at its limit";

    public static readonly Probe Probe = new("F2", "use more memory than its limit", Run) { Place = Place.Alone, Limits = ["memory=64MiB"], KilledMeans = Killed };

    public static readonly Probe Swap = new("F4", "use swap beyond its limit", Run) { Place = Place.Alone, Limits = ["memory=64MiB", "swap=0"], KilledMeans = Killed };

    public static readonly Probe Innocents = new("F12", "have others killed when it reaches its limit", Run)
    {
        Place = Place.Alone,
        Limits = ["memory=64MiB"],
        KilledMeans = Killed,
        After = LookAtTheVictim,
        NoSelfTest = "without separation there is no limit at which somebody could be killed",
    };

    private static void Run(Attack attack)
    {
        // Not the garbage collector's memory: that one keeps to the limit by itself.
        int length = MebiBytes << 20;
        nint start = KernelCall.Invoke(Nr.mmap, 0, length, 3, 0x22, -1, 0);
        if (start < 0 && start > -4096)
        {
            attack.Held($"map {MebiBytes} MiB", ErrnoName.Of(-start));
            return;
        }

        // Random, so that a compressed swap does not make it small.
        Random.Shared.NextBytes(NativeBuffer.At(start, length));
        KernelCall.Invoke(Nr.munmap, start, length);
        attack.Broke($"fill {MebiBytes} MiB under a limit of 64 MiB", "all was written");
    }

    private static void LookAtTheVictim(Attack attack)
    {
        string words = Kernel.Text($"/proc/{attack.Target["victim.hostpid"]}/cmdline");
        string pilot = Kernel.Text($"/proc/{attack.Target["pilot.pid"]}/cmdline");
        if (Foreign.IsPlant(words, attack.Target, "victim") && Foreign.IsPlant(pilot, attack.Target, "pilot"))
            attack.Held("look whether victim and pilot live", "both do");
        else
            attack.Broke("look whether victim and pilot live", $"victim: {(words.Length > 0 ? "lives" : "gone")}, pilot: {(pilot.Length > 0 ? "lives" : "gone")}");
    }
}
