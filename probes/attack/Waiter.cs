using System.Globalization;
using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>A process that only waits: what an attacker leaves behind, or multiplies into.</summary>
internal static class Waiter
{
    private const int LingerMilliseconds = 60;

    /// <summary>The mode <c>wait SECONDS NAME…</c>.</summary>
    public static int Start(string[] words)
    {
        Kernel.Pause(1000 * int.Parse(words[0], CultureInfo.InvariantCulture));
        return 0;
    }

    /// <summary>The mode <c>idle</c>: tells its number, and waits for the end of its input.</summary>
    public static int Idle()
    {
        using Descriptor input = new(0), output = new(1);
        Sys.WriteAll(output, Encoding.ASCII.GetBytes($"{KernelCall.Invoke(Nr.getpid)}\n"));
        Span<byte> rest = stackalloc byte[256];
        while (Sys.TryRead(input, rest, out _) > 0)
        {
        }

        return 0;
    }

    /// <summary>The mode <c>pour</c>: writes to its standard output for as long as that is taken.</summary>
    public static int Pour()
    {
        using Descriptor output = new(1);
        byte[] piece = new byte[4096];
        while (Sys.TryWrite(output, piece, out _) > 0)
        {
        }

        return 0;
    }

    /// <summary>
    /// The mode <c>storm UNTIL NAME</c>: starts its successor, lingers for as long as it takes to be seen, and ends, until that time (milliseconds of the
    /// machine's clock), or until it is stopped.
    /// </summary>
    public static int Storm(string[] words)
    {
        if (Environment.TickCount64 < long.Parse(words[0], CultureInfo.InvariantCulture) && !File.Exists(Stop(words[1])))
        {
            Spawn(["storm", .. words]);
            Kernel.Pause(LingerMilliseconds);
        }

        return 0;
    }

    /// <summary>The file that stops a storm while it is there.</summary>
    public static string Stop(string name) => $"/tmp/{name}.stop";

    /// <summary>Starts this program with other words, in a session of its own, without streams.</summary>
    /// <returns>Its pid, or the error number below zero.</returns>
    public static int Spawn(IReadOnlyList<string> words)
    {
        using Descriptor nothing = Sys.Open(null, "/dev/null", Sys.O_RDWR);
        return Sys.TrySpawn(Programs.Separation, [Programs.Separation, .. words], [], [nothing, nothing, nothing], newSession: true);
    }
}
