using Isolation.Linux;

namespace Isolation.Images.Tests;

/// <summary>Promise: an image is in the store whole or not at all, is found as long as its tree is there, and what is half done is told from what is kept.</summary>
public sealed class StoreDirectoryTests : IDisposable
{
    private const uint Account = 3_999_999;
    private static readonly string s_digest = new('a', 64);
    private readonly string _state = Directory.CreateTempSubdirectory("state").FullName;
    private readonly StoreDirectory _store;

    public StoreDirectoryTests()
    {
        Skip.IfNot(Environment.UserName == "root", "needs root: gives a directory to another account");
        _store = StoreDirectory.Open(_state, TimeProvider.System);
    }

    private string Path => _state + "/images";

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [SkippableFact]
    public void What_is_unpacked_is_kept_with_its_tree_and_nothing_else()
    {
        Keep();
        Assert.Equal([s_digest], _store.Digests);
        Assert.Empty(_store.Strays);
        Assert.Equal(["entry.json", "tree"], Directory.EnumerateFileSystemEntries($"{Path}/{s_digest}").Select(e => System.IO.Path.GetFileName(e)).Order());
        Assert.Equal("x", File.ReadAllText($"{Path}/{s_digest}/tree/f"));
        Assert.Equal(5, _store.NoteOf(s_digest)!.Bytes);
        using Descriptor? tree = _store.TryMount(s_digest);
        Assert.NotNull(tree);
    }

    [SkippableFact]
    public void Another_of_its_digest_does_not_take_its_place()
    {
        Keep();
        Assert.Throws<SyscallException>(() => Keep());
        Assert.Single(_store.Strays);
        Assert.Null(_store.Remove(_store.Strays.Single()));
        Assert.Equal([s_digest], _store.Digests);
    }

    [SkippableFact]
    public void A_note_that_was_lost_is_made_anew()
    {
        Keep();
        File.WriteAllText($"{Path}/{s_digest}/entry.json", "");
        Assert.Null(_store.NoteOf(s_digest));
        Assert.True(_store.Known(s_digest)!.Bytes > 0);
        Assert.NotNull(_store.NoteOf(s_digest));
        Directory.Delete($"{Path}/{s_digest}/tree", recursive: true);
        File.Delete($"{Path}/{s_digest}/entry.json");
        Assert.Null(_store.Known(s_digest));
    }

    [SkippableFact]
    public void What_is_taken_away_is_not_found_and_can_be_removed()
    {
        Keep();
        string name = _store.TakeAway(s_digest);
        Assert.Empty(_store.Digests);
        Assert.Null(_store.TryMount(s_digest));
        Assert.Equal([name], _store.Strays);
        Assert.Null(_store.Remove(name));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path));
    }

    [SkippableFact]
    public void A_tree_that_is_a_link_is_not_shown()
    {
        using UnpackingDirectory place = _store.Begin(Account);
        Directory.CreateDirectory($"{Path}/{place.Name}/to/bundle");
        Directory.CreateSymbolicLink($"{Path}/{place.Name}/to/bundle/rootfs", "/etc");
        _store.Finish(place, "bundle/rootfs", new StoreEntry(0, []));
        _store.Keep(place, s_digest);
        Assert.Null(_store.TryMount(s_digest));
        Directory.CreateSymbolicLink($"{Path}/link", "/etc");
        Assert.Throws<SyscallException>(() =>
        {
            using UnpackingDirectory other = _store.Begin(Account);
            Directory.CreateSymbolicLink($"{Path}/{other.Name}/to/bundle", "/etc");
            _store.Finish(other, "bundle/rootfs", new StoreEntry(0, []));
        });
    }

    private void Keep()
    {
        using UnpackingDirectory place = _store.Begin(Account);
        Directory.CreateDirectory($"{Path}/{place.Name}/to/bundle/rootfs");
        File.WriteAllText($"{Path}/{place.Name}/to/bundle/rootfs/f", "x");
        File.WriteAllText($"{Path}/{place.Name}/to/left", "y");
        _store.Finish(place, "bundle/rootfs", new StoreEntry(5, []));
        _store.Keep(place, s_digest);
    }
}
