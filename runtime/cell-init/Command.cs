using System.Collections.Immutable;
using System.Text;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>Arguments, environment and working directory of the payload, read once from the sealed block.</summary>
internal sealed record Command(
    ImmutableArray<ReadOnlyMemory<byte>> Arguments, ImmutableArray<ReadOnlyMemory<byte>> Environment, ReadOnlyMemory<byte> Directory)
{
    /// <summary>Reads the block and lays the room's own environment over it.</summary>
    /// <exception cref="WireException">The block is not one.</exception>
    internal static Command Read(Descriptor memory, EnterCell enter)
    {
        long size = Sys.StatusOf(memory).Size;
        if (size is <= 0 or > CommandBlock.MaxSize)
            throw new WireException($"a command block of {size} bytes");
        byte[] block = new byte[size];
        for (int read = 0; read < block.Length;)
        {
            int count = Sys.ReadAt(memory, block.AsSpan(read), read);
            if (count == 0)
                throw new WireException("the command block is shorter than it says");
            read += count;
        }

        CommandLayout layout = CommandBlock.Parse(block);
        var room = enter.RoomEnvironment.Select(entry => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(entry)).ToImmutableArray();
        ReadOnlyMemory<byte> directory = layout.DirectoryLength == 0
            ? Encoding.UTF8.GetBytes(enter.Scratch)
            : block.AsMemory(layout.Directory, layout.DirectoryLength);
        room = [.. room, (byte[])[.. "PWD="u8, .. directory.Span]];
        var environment = layout.Environment.Select(at => Text(block, at)).Where(entry => !room.Any(own => SameName(own.Span, entry.Span)));
        return new Command(
            [.. layout.Arguments.Select(at => Text(block, at))],
            [.. environment, .. room],
            directory);
    }

    /// <summary>The value of PATH, or an empty one.</summary>
    internal ReadOnlySpan<byte> SearchPath()
    {
        foreach (ReadOnlyMemory<byte> entry in Environment)
        {
            if (entry.Span.StartsWith("PATH="u8))
                return entry.Span[5..];
        }

        return [];
    }

    private static ReadOnlyMemory<byte> Text(byte[] block, int at) => block.AsMemory(at, block.AsSpan(at).IndexOf((byte)0));

    private static bool SameName(ReadOnlySpan<byte> own, ReadOnlySpan<byte> entry)
    {
        int name = own.IndexOf((byte)'=') + 1;
        return entry.StartsWith(own[..name]);
    }
}
