using System.Diagnostics;

namespace Isolation.Linux.Tests;

/// <summary>Promise: the kind of a stream is told from its descriptor alone, for every kind there is.</summary>
public sealed class FileStatusTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("iso-f-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("/dev/null", FileKind.Character)]
    [InlineData("/dev/zero", FileKind.Character)]
    [InlineData("/etc/passwd", FileKind.Regular)]
    [InlineData("/", FileKind.Directory)]
    public void AFilesKindIsTold(string path, FileKind kind)
    {
        using Descriptor file = Sys.Open(null, path, Sys.O_RDONLY);
        Assert.Equal(kind, Sys.KindOf(file));
        Assert.Equal(kind, Sys.StatusOf(file).Kind);
    }

    [Fact]
    public void PipesSocketsAndLinksAreTold()
    {
        (Descriptor read, Descriptor write) = Sys.Pipe();
        (UnixSocket left, UnixSocket right) = UnixSocket.Pair(UnixSocketKind.Stream);
        Assert.Equal(FileKind.Fifo, Sys.KindOf(read));
        Assert.Equal(FileKind.Socket, Sys.KindOf(left));
        foreach (Descriptor end in new Descriptor[] { read, write, left, right })
            end.Dispose();

        string link = Path.Combine(_directory, "link");
        File.CreateSymbolicLink(link, "/etc/passwd");
        Assert.Equal(FileKind.Link, Sys.TryStatusAt(null, System.Text.Encoding.UTF8.GetBytes(link), out _)!.Value.Kind);
    }

    [Fact]
    public void DevNullIsKnownByItsNumber()
    {
        using Descriptor none = Sys.Open(null, "/dev/null", Sys.O_RDWR), zero = Sys.Open(null, "/dev/zero", Sys.O_RDWR);
        Assert.Equal((1L << 32) | 3, Sys.CachedStatus(none).DeviceOfNode);
        Assert.Equal((1L << 32) | 5, Sys.CachedStatus(zero).DeviceOfNode);
    }

    [Fact]
    public void TheStatusAgreesWithStat()
    {
        string path = Path.Combine(_directory, "file");
        File.WriteAllText(path, "12345");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupWrite);
        using Descriptor file = Sys.Open(null, path, Sys.O_RDONLY);
        FileStatus status = Sys.StatusOf(file);
        string[] stat = Compiled.Run("stat", "-c", "%u %g %s %i %a %Z", path).Output.Trim().Split(' ');
        string[] ours = [$"{status.Uid}", $"{status.Gid}", $"{status.Size}", $"{status.Inode}", Convert.ToString(status.Mode, 8)];
        Assert.Equal(stat.Take(5), ours.AsEnumerable());
        Assert.Equal(stat[5], $"{status.ChangedNanoseconds / 1_000_000_000}");
    }

    [Fact]
    public void ATreeIsRemovedWithoutFollowingWhatWasPlanted()
    {
        string outside = Path.Combine(_directory, "outside"), tree = Path.Combine(_directory, "tree");
        Directory.CreateDirectory(Path.Combine(tree, "a", "b", "c"));
        Directory.CreateDirectory(outside);
        File.WriteAllText(Path.Combine(outside, "kept"), "");
        File.WriteAllText(Path.Combine(tree, "a", "file"), "");
        File.CreateSymbolicLink(Path.Combine(tree, "a", "link"), outside);
        Assert.Equal(0, Compiled.Run("bash", "-c", $"cd '{tree}' && touch $'\\xff\\n' && mkfifo pipe && chmod 0 a/b && for i in $(seq 2000); do : > f$i; done").Code);
        using (Descriptor directory = Sys.Open(null, tree, Sys.O_RDONLY | Sys.O_DIRECTORY))
            Assert.Null(TreeRemoval.RemoveContent(directory, DateTimeOffset.UtcNow.AddSeconds(20), TimeProvider.System));
        Assert.Empty(Directory.EnumerateFileSystemEntries(tree));
        Assert.True(File.Exists(Path.Combine(outside, "kept")));
    }

    [Fact]
    public void AStairDeeperThanAnyPathIsRemoved()
    {
        string deep = Path.Combine(_directory, "deep");
        Directory.CreateDirectory(deep);
        Assert.Equal(0, Compiled.Run("bash", "-c", $"cd '{deep}' && for i in $(seq 700); do mkdir d && cd ./d || exit 1; done").Code);
        using (Descriptor directory = Sys.Open(null, deep, Sys.O_RDONLY | Sys.O_DIRECTORY))
            Assert.Null(TreeRemoval.RemoveContent(directory, DateTimeOffset.UtcNow.AddSeconds(20), TimeProvider.System));
        Assert.Empty(Directory.EnumerateFileSystemEntries(deep));
    }

    [Fact]
    public void RemovalIsBoundedInTime()
    {
        File.WriteAllText(Path.Combine(_directory, "file"), "");
        using Descriptor directory = Sys.Open(null, _directory, Sys.O_RDONLY | Sys.O_DIRECTORY);
        Assert.NotNull(TreeRemoval.RemoveContent(directory, DateTimeOffset.UtcNow.AddSeconds(-1), TimeProvider.System));
        Assert.True(File.Exists(Path.Combine(_directory, "file")));
    }
}
