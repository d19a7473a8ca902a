using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Isolation.Linux;

namespace Isolation.Service.Tests;

/// <summary>Promise: no bytes, descriptors or number of connections of a stranger harm the service or hold up anybody else.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class HostileClientTests(SharedService shared)
{
    private const string Hello = """{"type":"hello","version":1,"client":"test"}""";

    public static TheoryData<string, byte[]> Malformed => new()
    {
        { "empty frame", [0, 0, 0, 0] },
        { "oversized", [0x7f, 0xff, 0xff, 0xff] },
        { "just too large", [0x00, 0xa0, 0x00, 0x01] },
        { "no json", Frame("rubbish") },
        { "not utf-8", [0, 0, 0, 2, 0xff, 0xfe] },
        { "unknown type", Frame("""{"type":"no-such"}""") },
        { "no hello first", Frame("""{"type":"status"}""") },
        { "another version", Frame("""{"type":"hello","version":99}""") },
        { "deep", Frame("""{"type":"hello","version":1,"client":""" + new string('[', 5000)) },
        { "null", Frame("null") },
        { "run of nothing", [.. Frame(Hello), .. Frame("""{"type":"run","command":[]}""")] },
        { "a null among arguments", [.. Frame(Hello), .. Frame("""{"type":"run","command":[null]}""")] },
        { "a nul byte in an argument", [.. Frame(Hello), .. Frame("""{"type":"run","command":["YQBi"]}""")] },
        { "an unknown member", [.. Frame(Hello), .. Frame("""{"type":"run","command":["YQ=="],"uid":0}""")] },
    };

    [SkippableTheory]
    [MemberData(nameof(Malformed))]
    public void AMalformedFrameGetsAnErrorFrameAndNothingElse(string what, byte[] bytes)
    {
        Service service = shared.Get();
        using Socket socket = Connect(service);
        socket.Send(bytes);
        string answer = ReadAll(socket, 5000);
        Assert.True(answer.Contains("\"error\"", StringComparison.Ordinal), $"{what}: {answer}");
        Assert.DoesNotContain("\"entered\"", answer, StringComparison.Ordinal);
        service.Shell.Bash("$A run -- true").Silent();
    }

    [SkippableFact]
    public void ATruncatedFrameIsJustTheEndOfAConnection()
    {
        Service service = shared.Get();
        byte[] whole = [.. Frame(Hello), .. Frame("""{"type":"run","command":["L2Jpbi90cnVl"]}""")];
        for (int length = 1; length < whole.Length; length += 7)
        {
            using Socket socket = Connect(service);
            socket.Send(whole.AsSpan(0, length));
        }

        service.Shell.Bash("$A run -- true").Silent();
    }

    [SkippableFact]
    public void DescriptorsWithAFrameFailTheSendOrCloseTheConnection()
    {
        Service service = shared.Get();
        using UnixSocket socket = UnixSocket.Connect(UnixSocketKind.Stream, service.Socket);
        using Descriptor none = Sys.Open(null, "/dev/null", Sys.O_RDONLY);
        int sent = Sys.TrySend(socket, Frame(Hello), [none.Number], out int errno);
        if (sent < 0)
            Assert.Equal(Errno.EPERM, errno);
        else
            Assert.Contains("error", Encoding.UTF8.GetString(ReadAll(socket)), StringComparison.Ordinal);
        service.Shell.Bash("$A run -- true").Silent();
    }

    [SkippableFact]
    public void FiveHundredConnectionsThatSendALingeringSocketHoldUpNobody()
    {
        Service service = shared.Get();
        service.Shell.Bash($"setpriv --reuid=isotest-b --regid=isotest-b --clear-groups -- sh -c 'ulimit -n 4096; exec python3 {AppContext.BaseDirectory}/clients/lingering.py 500' &\n sleep 0.5; "
            + "s=$(date +%s%N); $A run -- true || exit $?; e=$(date +%s%N); echo $(((e-s)/1000000)); wait", seconds: 60).Expect(0);
        Assert.Contains("\"setuid\"", service.Shell.Bash("$A status --json").Expect(0).Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ConnectionsThatSayNothingHoldUpNobody()
    {
        Service service = shared.Get();
        List<Socket> silent = [];
        try
        {
            for (int i = 0; i < 60; i++)
                silent.Add(Connect(service));
            var time = Stopwatch.StartNew();
            service.Shell.Bash("$A run -- true").Silent();
            Assert.True(time.Elapsed < Until.Deadline(5));
        }
        finally
        {
            foreach (Socket socket in silent)
                socket.Dispose();
        }
    }

    private static byte[] Frame(string json)
    {
        byte[] body = Encoding.UTF8.GetBytes(json), frame = new byte[body.Length + 4];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)body.Length);
        body.CopyTo(frame, 4);
        return frame;
    }

    private static Socket Connect(Service service)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(service.Socket));
        return socket;
    }

    private static string ReadAll(Socket socket, int milliseconds)
    {
        socket.ReceiveTimeout = milliseconds;
        StringBuilder all = new();
        byte[] buffer = new byte[4096];
        try
        {
            while (socket.Receive(buffer) is > 0 and int length)
            {
                all.Append(Encoding.UTF8.GetString(buffer, 0, length));
                if (all.ToString().Contains("\"error\"", StringComparison.Ordinal))
                    break;
            }
        }
        catch (SocketException)
        {
            // reset, or time is over: what was read tells
        }

        return all.ToString();
    }

    private static byte[] ReadAll(UnixSocket socket)
    {
        List<byte> all = [];
        byte[] buffer = new byte[4096];
        while (Sys.Poll(socket, PollEvents.In, 3000) != PollEvents.None && Sys.TryRead(socket, buffer, out _) is > 0 and int length)
            all.AddRange(buffer[..length]);
        return [.. all];
    }
}
