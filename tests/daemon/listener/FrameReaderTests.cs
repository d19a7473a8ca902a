using System.Buffers.Binary;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: whatever bytes come, a frame is read whole or refused, and memory grows with what came, not with what was claimed.</summary>
public sealed class FrameReaderTests
{
    private readonly UidShares _shares = new(new ShareCaps(8, 0, 1, FrameBytes: 1 << 20, CommandBytes: 1 << 20));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100_000)]
    public async Task FramesAreWholeInWhateverPiecesTheyCome(int piece)
    {
        byte[][] contents = [[1], new byte[5000], new byte[70_000], [2, 3]];
        using FrameReader reader = Reader([.. contents.SelectMany(Frame)], piece);
        foreach (byte[] content in contents)
            Assert.Equal(content, (await ReadAsync(reader))!.Value.ToArray());
        Assert.Null(await ReadAsync(reader));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(FrameFormat.MaxFrame + 1)]
    [InlineData(uint.MaxValue)]
    public async Task AnImpossibleLengthIsRefused(uint length)
    {
        byte[] prefix = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(prefix, length);
        using FrameReader reader = Reader(prefix, 4);
        await Assert.ThrowsAsync<WireException>(() => ReadAsync(reader));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(50)]
    public async Task AnEndInsideAFrameIsRefused(int count)
    {
        using FrameReader reader = Reader(Frame(new byte[100])[..count], 7);
        await Assert.ThrowsAsync<WireException>(() => ReadAsync(reader));
    }

    [Fact]
    public async Task AClaimAloneTakesNoMemory()
    {
        UidShare share = _shares.TryEnter(1, false)!;
        byte[] start = Frame(new byte[FrameFormat.MaxFrame])[..100];
        using FrameReader reader = new(new Pieces(start, 100), share);
        await Assert.ThrowsAsync<WireException>(() => ReadAsync(reader));
        Assert.True(share.TryTakeBytes(1 << 20)); // the whole share is still there
    }

    [Fact]
    public async Task LargeFramesAreHeldToTheShareOfTheirUid()
    {
        UidShare share = _shares.TryEnter(1, false)!;
        using FrameReader reader = new(new Pieces(Frame(new byte[3 << 20]), 1 << 16), share);
        await Assert.ThrowsAsync<BusyException>(() => ReadAsync(reader));
        reader.Dispose();
        Assert.True(share.TryTakeBytes(1 << 20)); // and given back
    }

    private FrameReader Reader(byte[] bytes, int piece) => new(new Pieces(bytes, piece), _shares.TryEnter(1, false)!);

    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(FrameReader reader) => await reader.ReadAsync(() => default, default);

    private static byte[] Frame(byte[] content)
    {
        byte[] frame = new byte[4 + content.Length];
        FrameFormat.WritePrefix(frame, content.Length);
        content.CopyTo(frame, 4);
        return frame;
    }

    private sealed class Pieces(byte[] bytes, int piece) : IByteSource
    {
        private int _at;

        public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken ct)
        {
            int count = Math.Min(Math.Min(piece, buffer.Length), bytes.Length - _at);
            bytes.AsMemory(_at, count).CopyTo(buffer);
            _at += count;
            return ValueTask.FromResult(count);
        }

        public void Rest()
        {
        }
    }
}
