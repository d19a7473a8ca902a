using Isolation.Linux;

namespace Isolation.Images.Tests;

/// <summary>Promise: what a tree takes is counted as its file system does, without going anywhere that it leads, and no further than is asked.</summary>
public sealed class TreeSizeTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("tree").FullName;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    private TreeSize Size(long mostBytes = long.MaxValue, long mostFiles = long.MaxValue)
    {
        using Descriptor root = Sys.Open(null, _path, Sys.O_RDONLY | Sys.O_DIRECTORY);
        return TreeSize.Of(root, mostBytes, mostFiles);
    }

    private void Write(string name, int bytes) => File.WriteAllBytes($"{_path}/{name}", new byte[bytes].Select(_ => (byte)1).ToArray());

    [Fact]
    public void Blocks_are_counted_and_not_lengths()
    {
        Write("full", 1 << 20);
        using (FileStream sparse = File.Create(_path + "/sparse"))
            sparse.SetLength(1L << 40);
        TreeSize size = Size();
        Assert.InRange(size.Bytes, 1 << 20, (1 << 20) + (64 << 10));
        Assert.Equal(2, size.Files);
    }

    [Fact]
    public void A_file_of_many_names_takes_its_blocks_once()
    {
        Write("one", 1 << 20);
        for (int i = 0; i < 9; i++)
            System.Diagnostics.Process.Start("ln", [_path + "/one", $"{_path}/{i}"]).WaitForExit();
        TreeSize size = Size();
        Assert.InRange(size.Bytes, (1 << 20) - 10, (1 << 20) + (64 << 10));
        Assert.Equal(10, size.Files);
    }

    [Fact]
    public void No_link_is_followed()
    {
        Directory.CreateSymbolicLink(_path + "/up", "/usr");
        Assert.Equal(1, Size().Files);
    }

    [Fact]
    public void Nobody_looks_further_once_it_is_too_large()
    {
        for (int i = 0; i < 100; i++)
            Write($"{i}", 4096);
        Assert.InRange(Size(mostFiles: 10).Files, 11, 12);
        Assert.InRange(Size(mostBytes: 40_000).Files, 2, 20);
    }

    [Theory]
    [InlineData(200, false)]
    [InlineData(300, true)]
    public void What_is_deeper_than_anybodys_is_told(int depth, bool isTooDeep)
    {
        Directory.CreateDirectory(_path + string.Concat(Enumerable.Repeat("/d", depth)));
        Assert.Equal(isTooDeep, Size().IsTooDeep);
    }
}
