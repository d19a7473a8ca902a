using System.Buffers.Binary;
using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>
/// A file on a file system whose server answers everything but a read (FUSE, include/uapi/linux/fuse.h). Who reads waits where no signal reaches it, not
/// even KILL, until this is disposed. Mounted in the server's own mount namespace, so that the host sees nothing of it; only root can.
/// </summary>
internal sealed class Sleeper : IDisposable
{
    private const string Place = "/tmp";
    private const int CLONE_NEWNS = 0x20000, MS_NOSUID_NODEV = 6, MS_REC_PRIVATE = 0x44000;
    private const int HeaderBytes = 40, Enoent = -2;
    private readonly Running _server;
    private bool _isOver;

    private Sleeper(Running server, Descriptor file) => (_server, File) = (server, file);

    /// <summary>The file, open for reading.</summary>
    public Descriptor File { get; }

    /// <summary>Starts one; null where it cannot be had.</summary>
    public static Sleeper? TryStart(IReadOnlyList<string> environment)
    {
        Running server = Running.Start(Programs.Separation, ["sleep"], environment);
        if (server.NextLine(10) == "mounted" && Kernel.Open($"/proc/{server.Pid}/root{Place}/file", Sys.O_RDONLY) is var file and >= 0)
            return new Sleeper(server, new Descriptor((int)file));
        server.Dispose();
        return null;
    }

    /// <summary>Lets go of everybody who waits: the connection ends with its server.</summary>
    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        _server.EndInput();
        _server.Wait(5);
        _server.Dispose();
        File.Dispose();
    }

    /// <summary>The mode <c>sleep</c>: serves until its input ends.</summary>
    public static int Serve()
    {
        nint device = Kernel.Open("/dev/fuse", Sys.O_RDWR);
        using NativeBuffer name = new("sleeping"), type = new("fuse"), place = new(Place), root = new("/"),
            options = new($"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other");
        if (device < 0 || KernelCall.Invoke(Nr.unshare, CLONE_NEWNS) < 0 || KernelCall.Invoke(Nr.mount, 0, root.Address, 0, MS_REC_PRIVATE) < 0
            || KernelCall.Invoke(Nr.mount, name.Address, place.Address, type.Address, MS_NOSUID_NODEV, options.Address) < 0)
            return 1;
        using Descriptor output = new(1);
        Sys.WriteAll(output, "mounted\n"u8);
        using NativeBuffer request = new(1 << 17);
        Span<PollEntry> both = [new PollEntry { Number = 0, Wanted = PollEvents.In }, new PollEntry { Number = (int)device, Wanted = PollEvents.In }];
        while (Sys.Poll(both, -1) > 0 && both[0].Seen == PollEvents.None)
        {
            nint length = KernelCall.Invoke(Nr.read, device, request.Address, request.Length);
            if (length >= HeaderBytes)
                Answer(device, request.Span[..(int)length]);
        }

        return 0;
    }

    private static void Answer(nint device, ReadOnlySpan<byte> request)
    {
        const int Lookup = 1, Forget = 2, GetAttributes = 3, Open = 14, Read = 15, Release = 18, Flush = 25, Init = 26, BatchForget = 42;
        ulong node = BinaryPrimitives.ReadUInt64LittleEndian(request[16..]);
        (int error, byte[] body) = BinaryPrimitives.ReadInt32LittleEndian(request[4..]) switch
        {
            Init => (0, Body(64, (0, 7, 4), (4, 31, 4), (8, BinaryPrimitives.ReadUInt32LittleEndian(request[(HeaderBytes + 8)..]), 4), (20, 4096, 4), (24, 1, 4))),
            Lookup when request[HeaderBytes..].SequenceEqual("file\0"u8) => (0, [.. Body(40, (0, 2, 8)), .. Attributes(2)]),
            Lookup => (Enoent, []),
            GetAttributes => (0, [.. Body(16), .. Attributes(node)]),
            Open => (0, Body(16, (8, 1, 4))), // FOPEN_DIRECT_IO: each read asks the server
            Flush or Release => (0, []),
            Read or Forget or BatchForget => (1, []),
            _ => (-Errno.ENOSYS, []),
        };
        if (error > 0)
            return;
        byte[] answer = [.. Body(16, (0, 16 + (uint)body.Length, 4), (4, unchecked((uint)error), 4), (8, BinaryPrimitives.ReadUInt64LittleEndian(request[8..]), 8)), .. body];
        using NativeBuffer copy = new(answer);
        KernelCall.Invoke(Nr.write, device, copy.Address, copy.Length);
    }

    // A directory, and one regular file that all may read.
    private static byte[] Attributes(ulong node)
        => Body(88, (0, node, 8), (8, 4096, 8), (16, 8, 8), (60, node == 1 ? 0x41edu : 0x81a4u, 4), (64, 1, 4), (80, 4096, 4));

    private static byte[] Body(int length, params (int At, ulong Value, int Size)[] members)
    {
        byte[] body = new byte[length];
        foreach ((int at, ulong value, int size) in members)
        {
            if (size == 8)
                BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(at), value);
            else
                BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(at), (uint)value);
        }

        return body;
    }
}
