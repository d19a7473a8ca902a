using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>F6.</summary>
internal static class F6
{
    private const int MebiBytes = 16;
    private const int Files = 4000;

    public static readonly Probe Probe = new("F6", "use more disk than its scratch's limit: blocks, and files that are open but gone", Run) { Place = Place.Alone, Limits = ["scratch=4MiB"] };

    private static void Run(Attack attack)
    {
        Fill(attack, "fill its scratch", keepName: true);
        Fill(attack, "fill it with a file that has no name any more", keepName: false);
        string directory = $"separation-{attack.Target.Run}-many";
        Kernel.OnPath(Nr.mkdir, directory, 0x1c0);
        int made = 0;
        nint result = 0;
        while (made < Files && (result = Kernel.TryOpen($"{directory}/{made}", Sys.O_CREAT | Sys.O_WRONLY, 0x180)) >= 0)
            made++;
        for (int i = 0; i < made; i++)
            Kernel.Remove($"{directory}/{i}");
        Kernel.OnPath(Nr.rmdir, directory);
        if (result < 0)
            attack.Held($"make {Files} empty files under 4 MiB", $"{made}, then {ErrnoName.Of(-result)}");
        else
            attack.ByPolicy($"make {Files} empty files under 4 MiB", "all made: a limit of space is no limit of inodes unless the site sets one");
    }

    private static void Fill(Attack attack, string what, bool keepName)
    {
        string file = $"separation-{attack.Target.Run}-fill";
        nint fd = Kernel.Open(file, Sys.O_CREAT | Sys.O_WRONLY, 0x180);
        if (fd < 0)
        {
            attack.Held(what, ErrnoName.Of(-fd));
            return;
        }

        if (!keepName)
            Kernel.Remove(file);
        using NativeBuffer piece = new(1 << 20);
        int written = 0;
        nint result = 0;
        while (written < MebiBytes && (result = KernelCall.Invoke(Nr.write, fd, piece.Address, piece.Length)) == piece.Length)
            written++;
        Kernel.Close(fd);
        Kernel.Remove(file);
        if (written == MebiBytes)
            attack.Broke($"{what}: {MebiBytes} MiB under a limit of 4 MiB", "all written");
        else
            attack.Held($"{what}: {MebiBytes} MiB under a limit of 4 MiB", $"{written} MiB, then {ErrnoName.Of(result < 0 ? -result : 0)}");
    }
}
