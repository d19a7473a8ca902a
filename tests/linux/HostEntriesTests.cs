namespace Isolation.Linux.Tests;

/// <summary>Promise: what a payload sees of the host's accounts is what is there now, whenever that was changed.</summary>
public sealed class HostEntriesTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void Name_and_number_find_their_lines_whatever_else_is_there()
    {
        HostEntries entries = new(["root:x:0:0::/root:/bin/sh", "# no entry", "", "twice:x:7:7::/:/bin/sh", "other:x:7:7::/:/bin/sh", "+nis"]);
        Assert.Equal("root", entries.NameOf("0"));
        Assert.Equal("twice", entries.NameOf("7"));
        Assert.Null(entries.NameOf("1"));
        Assert.Equal("root:x:0:0::/root:/bin/sh\n# no entry\n\n+nis\n", entries.Without("new", "7"));
        Assert.DoesNotContain("root", entries.Without("root", "7"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_is_seen_at_once()
    {
        HostEntriesFile file = new(_path);
        for (int i = 0; i < 200; i++)
        {
            File.WriteAllText(_path, $"u{i % 10}:x:7:7\n"); // of one length, and faster than the clock ticks
            Assert.Equal($"u{i % 10}", file.Now(TimeProvider.System).NameOf("7"));
        }
    }

    [Fact]
    public void One_that_stays_as_it_is_is_read_once_and_one_that_has_just_changed_each_time()
    {
        File.WriteAllText(_path, "u:x:7:7\n");
        HostEntriesFile file = new(_path);
        Assert.NotSame(file.Now(TimeProvider.System), file.Now(TimeProvider.System));
        Ahead later = new();
        HostEntries first = file.Now(later);
        Assert.Same(first, file.Now(later));
        File.WriteAllText(_path, "uu:x:7:7\n");
        Assert.Equal("uu", file.Now(later).NameOf("7"));
    }

    [Fact]
    public void Where_there_is_none_nothing_is_in_it()
        => Assert.Null(new HostEntriesFile(_path + ".gone").Now(TimeProvider.System).NameOf("0"));

    public void Dispose() => File.Delete(_path);

    private sealed class Ahead : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddMinutes(1);
    }
}
