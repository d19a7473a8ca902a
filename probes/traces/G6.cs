using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>G6. Every request of a payload's is refused, and every refusal is on record: as many as it can make must cost nobody his. Bare, a socket stands for the log.</summary>
internal static class G6
{
    private const int Seconds = 2, Neighbours = 3, MostOnRecord = 8;

    public static readonly Probe Probe = new("G6", "have records of others lost by making more of its own than can be written", Run) { Place = Place.Pilot };

    /// <summary>The mode <c>flood SOCKET [run]</c>: asks for the service's state, or for a payload at a level that is not to be had; is refused, again and again; prints how often.</summary>
    public static int Flood(string[] words)
    {
        byte[] frames = [.. Frame("""{"type":"hello","version":1,"client":"flood"}"""),
            .. Frame(words.Length > 1 ? """{"type":"run","command":["L2Jpbi90cnVl"],"level":"vm"}""" : """{"type":"status"}""")];
        int asked = 0, answered = 0;
        for (long until = Environment.TickCount64 + Seconds * 1000; Environment.TickCount64 < until; asked++)
        {
            nint fd = Sockets.ConnectUnix(words[0]);
            if (fd >= 0)
            {
                Sockets.Send(fd, frames);
                answered += Until(fd, "refused", "not-allowed", "unavailable") ? 1 : 0;
            }
            else
                Kernel.Pause(1);
        }

        using Descriptor output = new(1);
        Sys.WriteAll(output, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{answered} of {asked}\n")));
        return 0;
    }

    private static bool Until(nint fd, params string[] words)
    {
        using Descriptor socket = new((int)fd);
        byte[] buffer = new byte[4096];
        while (Sys.Poll(socket, PollEvents.In, 200) != PollEvents.None && Sys.TryRead(socket, buffer, out _) is var count && count > 0)
        {
            string text = Encoding.Latin1.GetString(buffer, 0, count);
            if (words.Any(w => text.Contains(w, StringComparison.Ordinal)))
                return true;
        }

        return false;
    }

    private static void Run(Attack attack)
    {
        if (attack.Target.Has("bare"))
        {
            WithoutRecords(attack);
            return;
        }

        Outside outside = attack.Outside!;
        DateTimeOffset since = TimeProvider.System.GetUtcNow();
        using Started flood = outside.Stage.Start(outside.Subject("flood"), ["flood", attack.Target["service.socket"]], new Needs());
        flood.Process.EndInput();
        // Where a payload does not even reach the service, its pilot does.
        using Running pilots = Running.Start(Programs.Separation, ["flood", attack.Target["service.socket"], "run"], []);
        List<string> served = [];
        for (int i = 0; i < Neighbours; i++)
        {
            if (outside.Neighbour(15, out PayloadStatus? status) is { } trouble)
                attack.Broke("have a neighbour wait while it floods", trouble);
            else
                served.Add(status!.Id);
        }

        string refused = $"of its requests {flood.Process.NextLine(20) ?? "an unknown number"}, of its pilot's {pilots.NextLine(20) ?? "an unknown number"}";
        flood.Process.Wait(10);
        if (served.Count == Neighbours)
            attack.Held("have neighbours wait while it floods", $"{Neighbours} were served; refused meanwhile: {refused}");
        if (outside.Ledger is not { } ledger)
        {
            attack.Missing("look for the records of neighbours and flooder", "they are an operator's to read: run it as root");
            return;
        }

        foreach ((string whose, string id) in served.Select(id => ("a neighbour's", id)).Append(("the flooder's own", PayloadStatus.Read(flood.StatusFile)?.Id ?? "")))
        {
            string[] types = [.. (ledger.Payload(id) ?? []).Select(r => Ledger.Member(r, "type"))];
            if (types is ["admitted", "started", "ended"])
                attack.Held($"have {whose} record lost", string.Join(", ", types));
            else
                attack.Broke($"have {whose} record lost", $"on record: {string.Join(", ", types)}");
        }

        int written = (ledger.Refusals(since) ?? []).Count;
        if (written <= MostOnRecord)
            attack.Held("fill the records with refusals", $"refused: {refused}; on record {written}, the others are counted");
        else
            attack.Broke("fill the records with refusals", $"refused: {refused}; on record {written}");
    }

    // A log that is a socket with a queue, which drops what does not fit.
    private static void WithoutRecords(Attack attack)
    {
        using NativeBuffer address = Sockets.Unix($"@separation-{attack.Target.Run}-log");
        nint log = Sockets.Listen(Sockets.AF_UNIX, Sockets.SOCK_DGRAM, address), flooder = Sockets.Connect(Sockets.AF_UNIX, Sockets.SOCK_DGRAM, address),
            neighbour = Sockets.Connect(Sockets.AF_UNIX, Sockets.SOCK_DGRAM, address);
        int sent = 0;
        while (sent < 100_000 && Sockets.Send(flooder, "refused"u8) > 0)
            sent++;
        nint result = Sockets.Send(neighbour, "a neighbour began"u8);
        attack.Refused("flood a log that is a socket", result > 0 ? -Errno.EAGAIN : 0);
        foreach (nint fd in new[] { log, flooder, neighbour })
            Kernel.Close(fd);
    }

    private static byte[] Frame(string json)
    {
        byte[] text = Encoding.UTF8.GetBytes(json), frame = new byte[4 + text.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, text.Length);
        text.CopyTo(frame, 4);
        return frame;
    }
}
