using Isolation.Core;

namespace Isolation.Core.Tests;

/// <summary>Promise: an image pattern is <c>host</c> or a plain path; a star stands for a part of one name, two for any number of names, and what lies before them is never left.</summary>
public sealed class ImagePatternTests
{
    [Theory]
    [InlineData("host", "host", true)]
    [InlineData("host", "/host", false)]
    [InlineData("/a/**", "host", false)]
    [InlineData("/a/**", "/a/b", true)]
    [InlineData("/a/**", "/a/b/c/d", true)]
    [InlineData("/a/**", "/a", false)] // the directory that they are in
    [InlineData("/a/**", "/ab/c", false)]
    [InlineData("/a/*", "/a/b", true)]
    [InlineData("/a/*", "/a/b/c", false)]
    [InlineData("/a/*:el9", "/a/x:el9", true)]
    [InlineData("/a/*:el9", "/a/x:el8", false)]
    [InlineData("/a/**/el*/z", "/a/b/c/el9/z", true)]
    [InlineData("/a/**/el*/z", "/a/el9/x/el8/z", true)]
    [InlineData("/a/**/el*/z", "/a/el9/x", false)]
    [InlineData("/a/b", "/a/b", true)]
    [InlineData("/a/b", "/a/b/c", false)]
    [InlineData("/**", "/anything/at/all", true)]
    [InlineData("oci:/a/*", "oci:/a/b", true)]
    [InlineData("oci:/a/*", "oci:/a/b:el9", true)] // any of those that are in it
    [InlineData("oci:/a/*", "/a/b", false)]
    [InlineData("oci:/a/*", "oci-archive:/a/b", false)]
    [InlineData("/a/*", "oci:/a/b", false)]
    [InlineData("docker-archive:/a/**", "docker-archive:/a/b/c.tar:hub/el9:latest", true)]
    public void What_fits(string pattern, string image, bool fits)
        => Assert.Equal(fits, ImagePattern.TryRead(pattern)!.Fits(image == ImagePattern.Host ? null : ImageName.TryRead(image)));

    [Theory]
    [InlineData("/cvmfs/unpacked/**", "/cvmfs/unpacked/a/b", "/cvmfs/unpacked", "a/b")]
    [InlineData("/cvmfs/un*/**", "/cvmfs/unpacked/a", "/cvmfs", "unpacked/a")]
    [InlineData("/cvmfs/unpacked/hub/cmssw/*", "/cvmfs/unpacked/hub/cmssw/el9", "/cvmfs/unpacked", "hub/cmssw/el9")] // whose links lead to where the repository keeps trees
    [InlineData("/cvmfs/unpacked/hub/el9", "/cvmfs/unpacked/hub/el9", "/cvmfs/unpacked", "hub/el9")]
    [InlineData("/images/el9", "/images/el9", "/images", "el9")]
    [InlineData("/**", "/a/b", "/", "a/b")]
    [InlineData("/el9", "/el9", "/", "el9")]
    [InlineData("oci:/images/*", "oci:/images/all:el9", "/images", "all")]
    [InlineData("oci-archive:/images/**", "oci-archive:/images/a/b.tar", "/images", "a/b.tar")]
    public void Where_it_is_looked_for(string pattern, string image, string root, string below)
    {
        RoomImage found = ImagePattern.TryRead(pattern)!.Of(ImageName.TryRead(image)!)!;
        Assert.Equal((root, below, image), (found.Root, found.Below, found.Name.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("relative")]
    [InlineData("/a//b")]
    [InlineData("/a/")]
    [InlineData("/a/./b")]
    [InlineData("/a/../b")]
    [InlineData("/a\0b")]
    [InlineData("oci:a")]
    [InlineData("oci:/a/../b")]
    [InlineData("docker://hub/el9")]
    public void What_is_none(string text)
    {
        Assert.Null(ImagePattern.TryRead(text));
        Assert.Null(ImageName.TryRead(text));
    }

    [Theory]
    [InlineData("/a:b", ImageForm.Directory, "/a:b", null)]
    [InlineData("oci:/a", ImageForm.Layout, "/a", null)]
    [InlineData("oci:/a:b", ImageForm.Layout, "/a", "b")]
    [InlineData("oci-archive:/a.tar:v1.2+3", ImageForm.LayoutArchive, "/a.tar", "v1.2+3")]
    [InlineData("docker-archive:/a.tar:hub.org:5000/x/el9:latest", ImageForm.DockerArchive, "/a.tar", "hub.org:5000/x/el9:latest")]
    public void What_an_image_is_asked_for_by(string text, ImageForm form, string path, string? tag)
    {
        ImageName name = ImageName.TryRead(text)!;
        Assert.Equal((form, path, tag, text), (name.Form, name.Path, name.Tag, name.ToString()));
    }

    [Theory]
    [InlineData("oci:/a:")]
    [InlineData("oci:/a:-x")]
    [InlineData("oci:/a:x y")]
    [InlineData("oci:/a:--all")]
    [InlineData("oci:/a:x,y")]
    public void What_is_no_tag(string text) => Assert.Null(ImageName.TryRead(text));

    [Fact]
    public void A_tag_of_more_than_256_characters_is_none() => Assert.Null(ImageName.TryRead("oci:/a:" + new string('x', 257)));

    [Fact]
    public void A_path_of_more_than_1024_bytes_is_none() => Assert.Null(ImagePattern.TryRead("/" + new string('x', 1024)));

    [Fact]
    public void Many_stars_take_no_long_time()
        => Assert.False(ImagePattern.TryRead(string.Concat(Enumerable.Repeat("/**/*a*a*a", 100)))!.Fits(new ImageName(ImageForm.Directory, string.Concat(Enumerable.Repeat("/" + new string('a', 12) + "b", 250)), null)));
}
