using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Promise: a container shows an image that the site, or the rule, lets it show, and no other; at other levels nobody gets one.</summary>
public sealed class ImageTests
{
    private const string El9 = "/cvmfs/unpacked/el9";

    [Theory]
    [InlineData("", "", null, null)]
    [InlineData("", "", El9, "images")] // host alone, where nothing is said
    [InlineData("images: { allow: [host, \"/cvmfs/unpacked/**\"] }", "", El9, null)]
    [InlineData("images: { allow: [host, \"/cvmfs/unpacked/**\"] }", "", null, null)]
    [InlineData("images: { allow: [\"/cvmfs/unpacked/**\"] }", "", null, "images")]
    [InlineData("images: { allow: [] }", "", null, "images")]
    [InlineData("images: { allow: [host] }", "    images: [\"/cvmfs/*/el9\"]", El9, null)]
    [InlineData("images: { allow: [\"/cvmfs/unpacked/**\"] }", "    images: [host]", El9, "images")]
    [InlineData("images: { allow: [\"oci:/images/*\"] }", "", "oci:/images/all:el9", null)]
    [InlineData("images: { allow: [\"/images/*\"] }", "", "oci:/images/all:el9", "images")] // what is to be unpacked is allowed by name only
    [InlineData("images: { allow: [\"oci:/images/*\"] }", "", "/images/all", "images")]
    public void Which(string site, string rule, string? image, string? refusedBy)
    {
        Decision decision = Decide(site, rule, Asks.Of(level: Level.Container) with { Image = image is null ? null : ImageName.TryRead(image) });
        if (refusedBy is null)
            Assert.Equal(image, Assert.IsType<Decision.Admit>(decision).Image?.Name.ToString());
        else
            Assert.Equal(refusedBy, Assert.IsType<Decision.Refuse>(decision).Rule);
    }

    [Fact]
    public void Who_asks_for_one_and_no_level_gets_a_container_where_that_is_accepted()
    {
        const string site = "images: { allow: [\"/cvmfs/unpacked/**\"] }";
        Assert.Equal(Level.Container, Assert.IsType<Decision.Admit>(Decide(site, "", Asks.Of() with { Image = ImageName.TryRead(El9) })).Level);
        Assert.Equal(Level.Setuid, Assert.IsType<Decision.Admit>(Decide(site, "", Asks.Of())).Level);
        Assert.Equal("image", Assert.IsType<Decision.Refuse>(Decide(site, "", Asks.Of(level: Level.Setuid) with { Image = ImageName.TryRead(El9) })).Rule);
        Assert.Equal("image", Assert.IsType<Decision.Refuse>(Decide(site, "    level: setuid", Asks.Of() with { Image = ImageName.TryRead(El9) })).Rule);
    }

    [Fact]
    public void A_stronger_level_than_the_one_that_is_not_ready_is_none_where_it_may_not_show_the_hosts_tree()
    {
        PolicySnapshot snapshot = Files.Snapshot(Policy("images: { allow: [] }", "").Replace("default: setuid", "default: setuid\n  when-not-ready: strengthen", StringComparison.Ordinal));
        Assert.Contains("the level setuid is not ready", Assert.IsType<Decision.Unavailable>(snapshot.Decide(Asks.Of(), Asks.Ready(Level.Container, "oci"))).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_not_allowed_is_refused_whether_the_level_is_ready_or_not()
    {
        PolicySnapshot snapshot = Files.Snapshot(Policy("", ""));
        Assert.Equal("images", Assert.IsType<Decision.Refuse>(snapshot.Decide(Asks.Of(level: Level.Container) with { Image = ImageName.TryRead(El9) }, Asks.Classic)).Rule);
    }

    [Theory]
    [InlineData("[\"/**\"]", "", "any directory of the host")]
    [InlineData("[/el9]", "", "any directory of the host")]
    [InlineData("[\"/var/**\"]", "lend: [/var/lib/execute]", "could show")]
    [InlineData("[/var/lib/execute/el9]", "lend: [/var/lib/execute]", "could show")]
    [InlineData("[\"/var/**\"]", "hide", "could show")]
    public void Where_it_could_show_what_rooms_do_not_the_policy_is_refused(string images, string other, string told)
    {
        string policy = Policy($"images: {{ allow: {images} }}\n{(other == "hide" ? "" : other)}", "");
        if (other == "hide")
            policy = policy.Replace("setuid: { room: classic }", "setuid: { room: private, hide: [/var/secret] }", StringComparison.Ordinal);
        Assert.Contains(Files.Faults(policy), fault => fault.What.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public void The_warden_is_told_of_all_that_any_rule_allows()
    {
        PolicySnapshot snapshot = Files.Snapshot(Policy("images: { allow: [host] }", "    images: [\"/a/*\", host]"));
        Assert.Equal("/a/* host", string.Join(' ', Assert.IsType<WardenLimits.Made>(WardenLimits.From(snapshot, Files.CleanHost, "isolation")).File.Images));
    }

    [Theory]
    [InlineData("{ size: 1GiB, unused: 2d, image-size: 3MiB, image-files: 4, time: 5m }", 1L << 30, 2 * 86400, 3 << 20, 4, 300)]
    [InlineData("{ size: 0 }", 0, 30 * 86400, 20L << 30, 1_000_000, 1800)] // none is kept that no room shows
    public void The_warden_is_told_how_much_unpacked_images_may_take(string cache, long bytes, long unused, long imageBytes, long files, long step)
    {
        PolicySnapshot snapshot = Files.Snapshot(Policy($"images: {{ allow: [\"oci:/images/*\"], cache: {cache} }}", ""));
        Assert.Equal(new ImageCache(bytes, unused, imageBytes, files, step), Assert.IsType<WardenLimits.Made>(WardenLimits.From(snapshot, Files.CleanHost, "isolation")).File.ImageCache);
    }

    [Theory]
    [InlineData("{ size: lots }", "is not a size")]
    [InlineData("{ image-files: 0 }", "a whole number from 1")]
    [InlineData("{ time: 2d }", "is not a time")]
    [InlineData("{ age: 2d }", "age")]
    public void What_is_wrong_with_a_cache_is_told(string cache, string told)
        => Assert.Contains(Files.Faults(Policy($"images: {{ cache: {cache} }}", "")), fault => fault.What.Contains(told, StringComparison.Ordinal));

    private static Decision Decide(string site, string rule, PayloadRequest request) => Files.Snapshot(Policy(site, rule)).Decide(request, new Dictionary<Level, Readiness>
    {
        [Level.Setuid] = new Readiness.Ready(["classic"]),
        [Level.Container] = new Readiness.Ready(["oci"]),
    });

    private static string Policy(string site, string rule) => Files.Good.Replace("accept: [setuid]", "accept: [setuid, container]", StringComparison.Ordinal)
        .Replace("    match: {}", "    match: {}\n" + rule, StringComparison.Ordinal)
        .Replace("accounts:\n", "accounts:\n  rooms: { range: 3000000-3000099, ids-per-room: 2 }\n", StringComparison.Ordinal) + "\n" + site + "\n";
}
