using System.Globalization;
using System.Text;

namespace Isolation.Service.Tests;

/// <summary>The random mix of a load: short and longer payloads, failing, printing, limited and hostile ones, and questions.</summary>
internal sealed class JobMix(string work, Random random)
{
    // Forty that are in sessions of their own, ignore what they can, and outlive their parent.
    private const string Forker = """
        import os, signal, sys
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, signal.SIG_IGN)
        for i in range(40):
            if os.fork() == 0:
                os.setsid(); signal.pause(); os._exit(0)
        os._exit(int(sys.argv[1]))
        """;

    private const string Storm = """
        import os
        while True:
            try: os.fork()
            except OSError: pass
        """;

    private int _files;

    public LoadJob Next()
    {
        (int Weight, Func<LoadJob> Make)[] all =
        [
            (6, Exits), (3, Prints), (3, Echoes), (5, Sleeps), (2, Sticky), (1, Signaled), (1, NotThere), (1, BadLine), (2, OutOfTime), (1, Stubborn), (2, Forks), (1, Storms),
            (1, Hogs), (2, LeavesFiles), (3, Exchanges), (3, LogOnly), (1, LogOnlyOutOfTime), (2, () => Prints() with { Kind = "python", InPython = true }),
            (1, () => Exchanges() with { Kind = "python-exchange", InPython = true }), (1, () => LogOnly() with { Kind = "python-log-only", InPython = true }), (2, WaitedFor), (2, Asks),
        ];
        int at = random.Next(all.Sum(a => a.Weight));
        foreach ((int weight, Func<LoadJob> make) in all)
            if ((at -= weight) < 0)
                return make();
        throw new InvalidOperationException("the weights do not add up");
    }

    // Below those of signals.
    private int Code() => random.Next(125);

    private string Seconds(int most) => (random.Next(most) / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);

    private static LoadJob Script(string kind, int code, string script, params string[] options) => new(kind, [.. options, "--", "sh", "-c", script], code);

    private LoadJob Exits()
    {
        int code = Code();
        return Script("exits", code, $"exit {code}", "--claim", $"/each/{random.Next(40)}") with { Output = [] };
    }

    private LoadJob Prints()
    {
        int lines = random.Next(1, 400), code = Code();
        return Script("prints", code, $"i=0; while [ $i -lt {lines} ]; do echo line $i; i=$((i+1)); done; exit {code}")
            with { Output = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, lines).Select(i => $"line {i}\n"))) };
    }

    private LoadJob Echoes()
    {
        byte[] input = new byte[random.Next(300_000)];
        random.NextBytes(input);
        int code = Code();
        return Script("echoes", code, $"cat; exit {code}") with { Input = input, Output = input };
    }

    private LoadJob Sleeps()
    {
        int code = Code();
        return Script("sleeps", code, $"sleep {Seconds(3000)}; echo done; exit {code}") with { Output = "done\n"u8.ToArray() };
    }

    private LoadJob Sticky()
    {
        int code = Code();
        return Script("sticky", code, $"sleep {Seconds(300)}; exit {code}", "--claim", $"/sticky/{random.Next(6)}");
    }

    private LoadJob Signaled() => Script("signaled", 137, "kill -9 $$");

    private LoadJob NotThere() => new("not-there", ["--", "/no/such/program"], 241);

    private LoadJob BadLine() => new("bad-line", ["--limit", "wall=never", "--", "true"], 240);

    private LoadJob OutOfTime() => new("out-of-time", ["--limit", $"wall={random.Next(50, 900)}ms", "--", "sleep", "60"], 247);

    private LoadJob Stubborn() => Script("stubborn", 247, "trap '' TERM HUP INT; while :; do sleep 0.1; done", "--limit", "wall=700ms");

    private LoadJob Forks()
    {
        int code = Code();
        return new LoadJob("forks", ["--limit", "pids=200", "--", "python3", "-c", Forker, $"{code}"], code);
    }

    private LoadJob Storms() => new("storms", ["--limit", "pids=60", "--limit", "wall=500ms", "--", "python3", "-c", Storm], 247);

    private LoadJob Hogs() => new("hogs", ["--limit", "memory=60MiB", "--limit", "swap=0", "--", "python3", "-c", "bytearray(400000000)"], 250);

    private LoadJob LeavesFiles()
    {
        int code = Code();
        return Script("leaves-files", code, $"echo x > /tmp/iso-soak-$$; mkdir -p /var/tmp/iso-soak-$$/below; echo x > /dev/shm/iso-soak-$$; mkfifo $HOME/pipe; exit {code}");
    }

    private LoadJob Exchanges()
    {
        byte[] content = Encoding.ASCII.GetBytes(new string((char)('a' + random.Next(26)), random.Next(1, 200_000)));
        string name = $"{work}/file-{_files++}";
        return Script("exchanges", 0, $"sleep {Seconds(300)}; tr a-z A-Z < in > out", "--in", $"{name}:in", "--out", $"out:{name}.out") with
        {
            Sent = (name, content),
            Fetched = ($"{name}.out", [.. content.Select(b => (byte)(b - 32))]),
        };
    }

    private LoadJob LogOnly()
    {
        int code = Code();
        return Script("log-only", code, $"echo as $ISOLATION_LEVEL; sleep {Seconds(400)}; exit {code}", "--level", "log-only") with { IsLogOnly = true, Output = "as log-only\n"u8.ToArray() };
    }

    private LoadJob LogOnlyOutOfTime() => new("log-only-out-of-time", ["--level", "log-only", "--limit", "wall=400ms", "--", "sleep", "60"], 247) { IsLogOnly = true };

    private LoadJob WaitedFor()
    {
        int code = Code();
        return Script("waited-for", code, $"sleep {Seconds(2000)}; exit {code}") with { IsWaitedFor = true };
    }

    private LoadJob Asks() => new("asks", random.Next(3) switch
    {
        0 => ["status", "--json"],
        1 => ["ps", "--json"],
        _ => ["policy", "explain", "--", "true"],
    }, 0) { Runs = false };
}
