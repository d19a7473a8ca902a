using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>The command block cannot change once it has been given, and one that is none starts nothing.</summary>
public sealed class CommandLiesTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    private const int Shrink = 2;
    private const int Write = 8;

    [SkippableFact]
    public Task A_memory_file_without_seals() => DeniesAsync(() => Memory(0));

    [SkippableFact]
    public Task A_memory_file_that_can_still_be_written() => DeniesAsync(() => Memory(Shrink | 4));

    [SkippableFact]
    public Task A_memory_file_whose_seals_can_still_be_changed() => DeniesAsync(() => Memory(Shrink | 4 | Write));

    [SkippableFact]
    public Task A_regular_file() => DeniesAsync(() => Sys.Open(null, "/etc/passwd", Sys.O_RDONLY));

    [SkippableFact]
    public Task A_place_only() => DeniesAsync(() => Sys.Open(null, "/etc/passwd", Sys.O_PATH));

    [SkippableFact]
    public Task A_second_pidfd() => DeniesAsync(() => PidFd.TryOpen(Pilot.Pid, out _)!);

    [SkippableFact]
    public Task Garbage() => RefusesAsync([.. Enumerable.Range(0, 500).Select(i => (byte)(i * 37))]);

    [SkippableFact]
    public Task Nothing() => RefusesAsync([]);

    [SkippableFact]
    public Task No_arguments() => RefusesAsync(Block(0, 0, 0));

    [SkippableFact]
    public Task More_arguments_than_bytes() => RefusesAsync(Block(uint.MaxValue, 0, 0));

    [SkippableFact]
    public Task More_environment_than_bytes() => RefusesAsync(Block(1, int.MaxValue, 0));

    [SkippableFact]
    public Task A_directory_longer_than_the_block() => RefusesAsync(Block(1, 0, uint.MaxValue));

    [SkippableFact]
    public Task Millions_of_empty_arguments() => RefusesAsync(Block(6_000_000, 0, 0, length: 6_000_001));

    [SkippableFact]
    public Task More_than_execve_takes() => RefusesAsync(new byte[8 << 20]);

    private static byte[] Block(uint arguments, uint environment, uint directory, int length = 16)
    {
        byte[] block = new byte[16 + length];
        BinaryPrimitives.WriteUInt32LittleEndian(block, 0x31424349);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(4), arguments);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(8), environment);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(12), directory);
        return block;
    }

    private static Descriptor Memory(int seals)
    {
        nint name = Marshal.StringToHGlobalAnsi("lie");
        Descriptor memory = new((int)Raw.Call(319 /* memfd_create */, name, 3, 0, 0, 0, 0));
        Marshal.FreeHGlobal(name);
        Sys.WriteAll(memory, CommandBlock.Write([(ReadOnlyMemory<byte>)"/bin/true"u8.ToArray()], [], ""u8));
        if (seals != 0)
            _ = Sys.Fcntl(memory, Sys.F_ADD_SEALS, seals, "seals");
        return memory;
    }

    private async Task DeniesAsync(Func<Descriptor> command)
    {
        NeedsRoot();
        using Play play = NewPlay();
        using Descriptor given = command();
        (await play.BuildAsync()).Done();
        Assert.Equal("command", (await play.EnterAsync(given)).Invariant);
        Assert.Null(play.Channel);
    }

    private async Task RefusesAsync(byte[] block)
    {
        NeedsRoot();
        using Play play = NewPlay();
        using Descriptor command = SealedMemory.Create("lie"u8, block);
        (await play.BuildAsync()).Done();
        (await play.EnterAsync(command)).Done();
        play.SendStreams();
        Assert.Equal(ResolutionOutcome.CommandNotUsable, (await play.ResolutionAsync()).Outcome);
        Assert.Equal("state", (await play.StartAsync()).Invariant);
        Assert.Equal("state", (await play.EndingReplyAsync()).Invariant);
        await play.CleanUpAsync();
    }
}
