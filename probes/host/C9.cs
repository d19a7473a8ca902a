using System.Buffers.Binary;
using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C9.</summary>
internal static class C9
{
    public static readonly Probe Probe = new("C9", "have the service start, list or signal payloads for it, and confuse it with garbage", Run);

    private static void Run(Attack attack)
    {
        string socket = attack.Target["service.socket"];
        nint fd = Sockets.ConnectUnix(socket);
        if (fd < 0 && attack.Target.Has("bare"))
        {
            attack.Missing("connect to " + socket, $"no service runs ({ErrnoName.Of(-fd)})");
            return;
        }

        if (fd < 0)
        {
            attack.Held("connect to " + socket, ErrnoName.Of(-fd));
            return;
        }

        Kernel.Close(fd);
        foreach ((string what, string request) in new[]
        {
            ("start a payload", """{"type":"run","command":["L2Jpbi90cnVl"],"environment":[]}"""),
            ("list payloads", """{"type":"list","handles":[]}"""),
            ("ask for the service's state", """{"type":"status"}"""),
            ("reload the policy", """{"type":"reload"}"""),
        })
            Ask(attack, socket, what, [.. Frame("""{"type":"hello","version":1,"client":"separation"}"""), .. Frame(request)]);
        foreach ((string what, byte[] bytes) in new[]
        {
            ("send a frame of 4 GiB", [0xff, 0xff, 0xff, 0xff, (byte)'{']),
            ("send garbage", Sys.RandomBytes(512)),
            ("send half a frame", Frame("""{"type":"hello","version":1}""")[..9]),
            ("send a frame nested 10,000 deep", Frame(new string('[', 10_000))),
        })
            Ask(attack, socket, what, bytes);
    }

    private static byte[] Frame(string json)
    {
        byte[] text = Encoding.UTF8.GetBytes(json), frame = new byte[4 + text.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, text.Length);
        text.CopyTo(frame, 4);
        return frame;
    }

    private static void Ask(Attack attack, string socket, string what, byte[] bytes)
    {
        nint fd = Sockets.ConnectUnix(socket);
        if (fd < 0)
        {
            attack.Held(what, ErrnoName.Of(-fd));
            return;
        }

        nint sent = Sockets.Send(fd, bytes);
        StringBuilder answer = new();
        Span<PollEntry> one = [new PollEntry { Number = (int)fd, Wanted = PollEvents.In }];
        using NativeBuffer into = new(8192);
        while (answer.Length < 64 << 10 && Sys.Poll(one, 400) > 0 && KernelCall.Invoke(Nr.recvfrom, fd, into.Address, into.Length) is var count && count > 0)
            answer.Append(Encoding.Latin1.GetString(into.Span[..(int)count]));
        Kernel.Close(fd);
        string text = answer.ToString();
        if (text.Contains("\"type\":\"error\"", StringComparison.Ordinal) || !text.Contains("\"type\":", StringComparison.Ordinal) || text.LastIndexOf("\"type\":", StringComparison.Ordinal) == text.IndexOf("\"type\":\"hello\"", StringComparison.Ordinal))
            attack.Held(what, text.Length > 0 ? text[Math.Max(0, text.LastIndexOf('{'))..] : sent < 0 ? ErrnoName.Of(-sent) : "no answer");
        else
            attack.Broke(what, text[Math.Max(0, text.Length - 300)..]);
    }
}
