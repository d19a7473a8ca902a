using System.Buffers.Binary;
using System.Text;

namespace Isolation.Wire.Tests;

/// <summary>Promise: arguments, environment and directory arrive byte by byte; a block that is none is refused, and never does more harm than that.</summary>
public sealed class CommandBlockTests
{
    private static ReadOnlyMemory<byte>[] Bytes(params string[] texts) => [.. texts.Select(t => (ReadOnlyMemory<byte>)Encoding.Latin1.GetBytes(t))];

    [Theory]
    [InlineData(new[] { "/bin/true" }, new string[0], "")]
    [InlineData(new[] { "", "", "x" }, new[] { "A=1", "B=", "" }, "/tmp")]
    [InlineData(new[] { "caf\u00e9", "\u00ff\u0001" }, new[] { "N=\u00fe" }, "/\u00ff")]
    public void WhatIsWrittenIsReadBack(string[] arguments, string[] environment, string directory)
    {
        byte[] block = CommandBlock.Write(Bytes(arguments), Bytes(environment), Encoding.Latin1.GetBytes(directory));
        CommandLayout layout = CommandBlock.Parse(block);
        Assert.Equal(arguments, layout.Arguments.Select(at => TextAt(block, at)));
        Assert.Equal(environment, layout.Environment.Select(at => TextAt(block, at)));
        Assert.Equal(directory, Encoding.Latin1.GetString(block, layout.Directory, layout.DirectoryLength));
        Assert.Equal(0, block[layout.Directory + layout.DirectoryLength]);
    }

    [Fact]
    public void TheLargestStringAndTheLargestDirectoryPassAndOneByteMoreDoesNot()
    {
        string longest = new('a', CommandBlock.MaxString - 1);
        string deepest = new('/', CommandBlock.MaxDirectory - 1);
        _ = CommandBlock.Parse(CommandBlock.Write(Bytes(longest), Bytes(longest), Encoding.ASCII.GetBytes(deepest)));
        Assert.Throws<WireException>(() => CommandBlock.Parse(CommandBlock.Write(Bytes(longest + "a"), [], [])));
        Assert.Throws<WireException>(() => CommandBlock.Parse(CommandBlock.Write(Bytes("a"), Bytes(longest + "a"), [])));
        Assert.Throws<WireException>(() => CommandBlock.Parse(CommandBlock.Write(Bytes("a"), [], Encoding.ASCII.GetBytes(deepest + "/"))));
        Assert.Throws<WireException>(() => CommandBlock.Parse(new byte[CommandBlock.MaxSize + 1]));
    }

    [Fact]
    public void ACommandWithoutArgumentsIsNone() => Assert.Throws<WireException>(() => CommandBlock.Parse(CommandBlock.Write([], Bytes("A=1"), "/"u8)));

    [Fact]
    public void EveryTruncationAndEveryByteTooManyIsRefused()
    {
        byte[] block = CommandBlock.Write(Bytes("/bin/echo", "a", ""), Bytes("A=1", "B=2"), "/tmp"u8);
        for (int length = 0; length < block.Length; length++)
            Assert.Throws<WireException>(() => CommandBlock.Parse(block.AsSpan(0, length)));
        Assert.Throws<WireException>(() => CommandBlock.Parse([.. block, 0]));
    }

    [Theory]
    [InlineData(4, uint.MaxValue)]
    [InlineData(8, uint.MaxValue)]
    [InlineData(12, uint.MaxValue)]
    [InlineData(12, 4096u)]
    [InlineData(4, 0x80000000u)]
    [InlineData(8, 0x7fffffffu)]
    public void AbsurdCountsAreRefused(int at, uint count)
    {
        byte[] block = CommandBlock.Write(Bytes("/bin/true"), [], []);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(at), count);
        Assert.Throws<WireException>(() => CommandBlock.Parse(block));
    }

    [Fact]
    public void BytesOfAStrangerAreReadOrRefusedAndNothingElse()
    {
        var random = new Random(3);
        byte[] good = CommandBlock.Write(Bytes("/bin/echo", "a", ""), Bytes("A=1", "B=2"), "/tmp"u8);
        int read = 0;
        for (int i = 0; i < 100_000; i++)
        {
            byte[] bytes = Mutation.Of(good, random);
            try
            {
                CommandLayout layout = CommandBlock.Parse(bytes);
                read++;
                foreach (int at in layout.Arguments.Concat(layout.Environment).Append(layout.Directory))
                    Assert.Contains((byte)0, bytes[at..]);
            }
            catch (WireException)
            {
                // refused, as it should be
            }
        }

        Assert.InRange(read, 100, 99_000);
    }

    private static string TextAt(byte[] block, int at) => Encoding.Latin1.GetString(block, at, Array.IndexOf(block, (byte)0, at) - at);
}
