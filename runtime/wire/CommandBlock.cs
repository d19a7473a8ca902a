using System.Buffers.Binary;

namespace Isolation.Wire;

/// <summary>
/// Arguments, environment and working directory of one payload, as bytes in a sealed memfd that the front fills and only
/// cell-init reads: magic, three counts (u32, little-endian: arguments, environment entries, length of the directory), then
/// the strings, each with a terminating NUL. An empty directory stands for the payload's scratch.
/// </summary>
public static class CommandBlock
{
    /// <summary>The largest block, bytes: Linux takes no more than 6 MiB of arguments and environment (execve(2)).</summary>
    public const int MaxSize = (6 << 20) + (64 << 10);

    /// <summary>The longest single string execve takes, with its NUL (MAX_ARG_STRLEN, execve(2)).</summary>
    public const int MaxString = 128 << 10;

    /// <summary>The most strings: to execve each costs a pointer and its NUL besides (execve(2)).</summary>
    public const int MaxStrings = (6 << 20) / 9;

    /// <summary>The longest working directory, with its NUL (PATH_MAX).</summary>
    public const int MaxDirectory = 4096;

    private const uint Magic = 0x31424349; // "ICB1"
    private const int HeaderSize = 16;

    /// <summary>Makes a block. The strings hold no NUL: the caller has checked.</summary>
    public static byte[] Write(IReadOnlyList<ReadOnlyMemory<byte>> arguments, IReadOnlyList<ReadOnlyMemory<byte>> environment, ReadOnlySpan<byte> directory)
    {
        int size = HeaderSize + arguments.Sum(s => s.Length + 1) + environment.Sum(s => s.Length + 1) + directory.Length + 1;
        byte[] block = new byte[size];
        BinaryPrimitives.WriteUInt32LittleEndian(block, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(4), (uint)arguments.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(8), (uint)environment.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(12), (uint)directory.Length);
        int at = HeaderSize;
        foreach (ReadOnlyMemory<byte> text in arguments.Concat(environment))
        {
            text.Span.CopyTo(block.AsSpan(at));
            at += text.Length + 1;
        }

        directory.CopyTo(block.AsSpan(at));
        return block;
    }

    /// <summary>Finds the strings of a block, without copying them.</summary>
    /// <exception cref="WireException">The block is not one.</exception>
    public static CommandLayout Parse(ReadOnlySpan<byte> block)
    {
        if (block.Length is < HeaderSize or > MaxSize || BinaryPrimitives.ReadUInt32LittleEndian(block) != Magic)
            throw new WireException("this is no command block");
        uint arguments = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        uint environment = BinaryPrimitives.ReadUInt32LittleEndian(block[8..]);
        uint directory = BinaryPrimitives.ReadUInt32LittleEndian(block[12..]);
        if (arguments is 0 || (ulong)arguments + environment > MaxStrings || directory >= MaxDirectory)
            throw new WireException("the command block's counts are out of bounds");

        int at = HeaderSize;
        int[] argumentOffsets = Offsets(block, (int)arguments, ref at);
        int[] environmentOffsets = Offsets(block, (int)environment, ref at);
        int end = at + (int)directory;
        if (end + 1 != block.Length || block[at..end].Contains((byte)0) || block[end] != 0)
            throw new WireException("the command block does not end with its directory");
        return new CommandLayout(argumentOffsets, environmentOffsets, at, (int)directory);
    }

    private static int[] Offsets(ReadOnlySpan<byte> block, int count, ref int at)
    {
        int[] offsets = new int[count];
        for (int i = 0; i < count; i++)
        {
            int length = block[at..].IndexOf((byte)0);
            if (length is < 0 or >= MaxString)
                throw new WireException("a string of the command block is too long or has no end");
            offsets[i] = at;
            at += length + 1;
        }

        return offsets;
    }
}

/// <summary>Where the strings of a command block start, as offsets into it.</summary>
/// <param name="Arguments">Of the arguments; at least one.</param>
/// <param name="Environment">Of the environment entries.</param>
/// <param name="Directory">Of the working directory.</param>
/// <param name="DirectoryLength">Its length without the NUL; 0 for the scratch.</param>
public sealed record CommandLayout(int[] Arguments, int[] Environment, int Directory, int DirectoryLength);
