using System.Diagnostics;
using System.Globalization;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: an image in a layout or an archive is unpacked once, by programs that have nobody's rights, and shown as every image; whatever is in it writes nothing anywhere
/// else, and takes no more than the site lets it; what nobody asks for any more goes, and nothing that a room shows.
/// </summary>
public sealed class PackedImageTests : IDisposable
{
    private const uint Unpacker = 2100001; // the second of those that are nobody's payload
    private readonly Service _service;

    public PackedImageTests()
    {
        Site.RequireContainers();
        Skip.IfNot(File.Exists("/usr/bin/skopeo") && File.Exists("/usr/bin/umoci"), "there is no skopeo, or no umoci: run ./test, which installs both");
        _service = Service.Prepare("", place: "/opt", policyFor: root => Site.ContainerPolicy
            + $"\nimages: {{ allow: [host, \"oci:{root}/images/**\", \"oci-archive:{root}/images/**\", \"docker-archive:{root}/images/**\"], cache: {{ }} }}\n");
    }

    private string Images => _service.Root + "/images";

    private string Store => _service.State + "/images";

    public void Dispose() => _service.Dispose();

    [SkippableFact]
    public void TheTreeIsTheImagesWhateverItIsIn()
    {
        Make();
        Shell("skopeo copy -q --insecure-policy oci:all:el9 oci-archive:el9.tar && skopeo copy -q --insecure-policy oci:all:el9 docker-archive:saved.tar:hub.org/x/el9:latest && chmod a+r *.tar");
        _service.Launch();
        foreach (string image in (string[])["oci:{0}/all:el9", "oci-archive:{0}/el9.tar", "docker-archive:{0}/saved.tar:hub.org/x/el9:latest", "docker-archive:{0}/saved.tar"])
        {
            string name = string.Format(CultureInfo.InvariantCulture, image, Images);
            string[] lines = _service.Shell.Bash($"$A run --image {name} -- /bin/bash -c 'cat /etc/os-release; [ -e /etc/shadow ] || echo no shadow; id -un; [ -e /etc/gone ] || echo gone; pwd; touch /etc/x || echo read-only; [ $(/etc/set-id -u) = $(id -u) ] && echo nobody else; exit 7' 2> /dev/null < /dev/null").Expect(7).Lines;
            Assert.Equal(["el9", "no shadow", "gone", _service.Run + "/scratch", "read-only", "nobody else"], lines.Where((_, i) => i != 2));
            Assert.StartsWith("p2100", lines[2], StringComparison.Ordinal);
            Assert.Contains($"\"path\":\"{name}\",\"pattern\":\"{name[..name.IndexOf(':', StringComparison.Ordinal)]}:{Images}/**\"", _service.LedgerText(), StringComparison.Ordinal);
        }

        string digest = _service.Shell.Bash($"skopeo inspect --raw oci:{Images}/all:el9 | sha256sum | cut -d' ' -f1").Silent();
        Assert.Contains($"\"imageDigest\":\"{digest}\"", _service.LedgerText(), StringComparison.Ordinal);
        // The layout and its archive are one image; what docker saves has other layers.
        Assert.Equal(2, Kept().Length);
        Assert.Contains(digest, Kept());
        Assert.Equal(2, Unpackings());
        Assert.Equal($"{Unpacker}", _service.Shell.Bash($"find {Store}/*/tree -printf '%U\\n%G\\n' | sort -u").Silent());
        Assert.Equal("root 700", _service.Shell.Bash($"stat -c '%U %a' {Store}").Silent());
    }

    [SkippableFact]
    public void ItIsUnpackedOnceHoweverManyAskAndAgainWhenItIsAnother()
    {
        Make();
        _service.Launch();
        const string Ask = "$A run --image oci:{0}/all:{1} -- /bin/cat /etc/os-release";
        string ask = string.Format(CultureInfo.InvariantCulture, Ask, Images, "el9");
        Assert.Equal("12", _service.Shell.Bash($"for i in $(seq 12); do {ask} & done | grep -c el9; wait").Silent());
        Assert.Equal(1, Unpackings());
        string first = Assert.Single(Kept()), tree = $"stat -c %i {Store}/{first}/tree", inode = _service.Shell.Bash(tree).Silent();
        // Another warden knows of it.
        _service.KillWarden();
        _service.BringBackWarden();
        Assert.Equal("el9", _service.Shell.Bash(ask).Silent());
        Assert.Equal(inode, _service.Shell.Bash(tree).Silent());
        Shell("echo new > tree/etc/os-release && umoci insert --image all:el9 tree/etc/os-release /etc/os-release && chmod -R a+rX all");
        Assert.Equal("new", _service.Shell.Bash(ask).Silent());
        Assert.Equal((2, inode), (Kept().Length, _service.Shell.Bash(tree).Silent()));
    }

    [SkippableTheory]
    [InlineData("absolute")]
    [InlineData("dotdot")]
    [InlineData("hard-link")]
    [InlineData("through-link")]
    [InlineData("link-as-etc")]
    [InlineData("device")]
    [InlineData("set-id")]
    [InlineData("whiteout")]
    [InlineData("unreadable")]
    [InlineData("garbage")]
    public void WhateverIsInItNothingElseIsWritten(string kind)
    {
        string outside = _service.Root + "/outside";
        Shell($"mkdir -m 777 {outside} && chmod 777 {outside} && echo mine > {outside}/target && chmod 666 {outside}/target && mkdir -p {Images} && {Layouts} {Images}/{kind} {kind} {outside}");
        _service.Launch();
        Outcome outcome = _service.Shell.Bash($"$A run --image oci:{Images}/{kind}:it -- /bin/true");
        Assert.True(outcome.Code == 241, outcome.Errors); // it cannot be unpacked, or has no such program
        Assert.Equal("target mine", _service.Shell.Bash($"ls {outside} | tr '\\n' ' '; cat {outside}/target").Silent());
        NothingIsLeft();
        Assert.Equal("", _service.Shell.Bash($"find {Store} -type b -o -type c").Silent());
        Assert.Equal("ok", _service.Shell.Bash("$A run -- echo ok").Silent());
    }

    [SkippableTheory]
    [InlineData("bomb", 256 << 20, "image-size: 16MiB", "takes more than 16777216 bytes")]
    [InlineData("files", 3000, "image-files: 1000", "takes more than 1000 files")]
    [InlineData("deep", 300, "image-files: 1000", "too deep")]
    public void WhatTakesTooMuchIsRefusedAndLeavesNothing(string kind, int number, string limit, string why)
    {
        Limit(limit);
        Shell($"mkdir -p {Images} && {Layouts} {Images}/{kind} {kind} / {number}");
        _service.Launch();
        Outcome outcome = _service.Shell.Bash($"$A run --image oci:{Images}/{kind} -- /bin/true").Expect(241);
        // One file that is larger than all may be ends by its own limit, before anybody looks.
        Assert.True(outcome.Errors.Contains(why, StringComparison.Ordinal) || (kind == "bomb" && outcome.Errors.Contains("file too large", StringComparison.Ordinal)), outcome.Errors);
        NothingIsLeft();
        Assert.Empty(Kept());
    }

    [SkippableTheory]
    [InlineData("oci:{0}/none", "there is no such directory")]
    [InlineData("oci:{0}/all:el8", "says:")]
    [InlineData("oci:{0}/empty", "it has no index.json that is a regular file")]
    [InlineData("oci:{0}/shut", "may not open it")]
    [InlineData("oci:{0}/private", "ermission denied")]
    [InlineData("oci:{0}/out", "leads out of what the site allows")]
    [InlineData("oci-archive:{0}/none.tar", "there is no such file")]
    [InlineData("oci-archive:{0}/text", "says:")]
    [InlineData("oci-archive:{0}/pipe", "it is no regular file")]
    [InlineData("docker-archive:{0}/text", "says:")]
    [InlineData("docker-archive:{0}/all", "it is no regular file")]
    [InlineData("oci:{0}/damaged:el9", "says:")]
    [InlineData("oci:/etc/x", "is none of those")]
    [InlineData("oci:{0}/all:--help", "plain absolute path")]
    public void WhatCannotBeUnpackedIsRefusedByReason(string image, string why)
    {
        Make();
        Shell("""
            mkdir empty && mkdir -m 700 shut && cp -a all private && chmod 600 private/index.json && ln -s /etc out && echo text > text && mkfifo -m 666 pipe
            cp -a all damaged && for f in $(find damaged/blobs -type f -size +100k); do printf x | dd of=$f bs=1 seek=5000 conv=notrunc status=none; done
            """);
        _service.Launch();
        Outcome outcome = _service.Shell.Bash($"$A run --image {string.Format(CultureInfo.InvariantCulture, image, Images)} -- /bin/true");
        Assert.True(outcome.Code is 240 or 241, outcome.Errors);
        Assert.Contains(why, outcome.Errors, StringComparison.Ordinal);
        NothingIsLeft();
        Assert.Empty(Kept());
    }

    [SkippableFact]
    public void NothingThatARoomShowsIsRemovedAndTheRestAsTheSiteSays()
    {
        Limit("size: 0");
        Make();
        Shell($"{Layouts} {Images}/other plain /");
        _service.Launch();
        using Client client = _service.Shell.StartPayload("sleep 61", $"--image oci:{Images}/all:el9");
        string shown = Assert.Single(Kept());
        _ = _service.Shell.Bash($"$A run --image oci:{Images}/other -- /bin/true").Expect(241); // which it does not have
        Assert.Contains(shown, Kept());
        // Nor by another warden, which knows of it from the room's ticket alone.
        _service.KillWarden();
        _service.BringBackWarden();
        _ = _service.Shell.Bash($"touch {Images}/other/index.json; $A run --image oci:{Images}/other -- /bin/true").Expect(241);
        Assert.Contains(shown, Kept());
        client.Signal(15);
        _ = client.Wait();
        Until.True(() => _service.Rooms().Length == 0, 10, () => string.Join(' ', _service.Rooms()));
        _ = _service.Shell.Bash($"touch {Images}/other/index.json; $A run --image oci:{Images}/other -- /bin/true").Expect(241);
        Assert.DoesNotContain(shown, Kept());
        NothingIsLeft();
    }

    [SkippableFact]
    public void WhoMayNotReadTheSourceGetsNothingThatWasUnpackedFromIt()
    {
        Make();
        Shell($"chgrp {Unpacker + 2} all/index.json && chmod 640 all/index.json"); // the account that is lent first; then others are
        _service.Launch();
        string ask = $"$A run --image oci:{Images}/all:el9 -- /bin/cat /etc/os-release";
        Assert.Equal("el9", _service.Shell.Bash(ask).Silent());
        Assert.Contains("ermission denied", _service.Shell.Bash(ask).Expect(241).Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void WhoUnpacksEndsWithTheWarden()
    {
        Shell($"mkdir -p {Images} && {Layouts} {Images}/large bomb / {400 << 20}");
        _service.Launch();
        using Process client = _service.Shell.Start($"exec $A run --image oci:{Images}/large -- /bin/true");
        HostProcess[] Unpacking() => [.. HostProcess.All().Where(p => p.Name == "umoci" && p.CommandLine.Contains(_service.Run, StringComparison.Ordinal))];
        Until.True(() => Unpacking().Length > 0, 30, () => _service.Log);
        _service.KillWarden();
        Until.True(() => Unpacking().Length == 0, 5, () => "it outlives the warden");
        _service.BringBackWarden();
        Assert.True(client.WaitForExit(Until.Deadline(20)), _service.Log);
        Assert.Equal(244, client.ExitCode);
        NothingIsLeft();
        Assert.Empty(Kept());
    }

    private static string Layouts => $"/usr/bin/python3 {AppContext.BaseDirectory}/images/layouts.py";

    private string[] Kept() => !Directory.Exists(Store) ? [] : [.. Directory.EnumerateDirectories(Store).Select(d => Path.GetFileName(d)).Where(name => name.Length == 64)];

    private int Unpackings() => _service.Log.Split("is unpacked: sha256:").Length - 1;

    private void NothingIsLeft()
    {
        Until.True(() => _service.Rooms().Length == 0 && !_service.Slices().SelectMany(slice => Until.Directories(slice, 1)).Any(), 10, () => _service.Log);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_service.State + "/scratch"));
        if (Directory.Exists(Store))
            Until.True(() => Kept().Length == Directory.EnumerateFileSystemEntries(Store).Count(), 10, () => string.Join(' ', Directory.EnumerateFileSystemEntries(Store)));
        Assert.DoesNotContain(HostProcess.All(), p => p.Name is "skopeo" or "umoci" && p.CommandLine.Contains(_service.Run, StringComparison.Ordinal));
    }

    // A layout with two images of small trees, the second with a file less.
    private void Make() => Shell("""
        mkdir -p images tree/etc && cd tree && echo el9 > etc/os-release && echo x > etc/gone
        for f in /bin/{bash,cat,touch,sleep,true} /usr/bin/id; do cp -L --parents $f $(ldd $f | grep -o '/[^ ]*') .; done
        cp -L usr/bin/id etc/set-id && chmod 6755 etc/set-id && mkdir -m 2775 etc/set-gid
        [ -e lib64 ] || ln -s usr/lib64 lib64; [ -e bin ] || ln -s usr/bin bin; [ -e lib ] || ln -s usr/lib lib
        cd ../images && mv ../tree . && umoci init --layout all && umoci new --image all:base && umoci insert --image all:base tree / && umoci insert --image all:base --tag el9 --whiteout /etc/gone && chmod -R a+rX all
        """, inImages: false);

    private void Limit(string cache)
    {
        string policy = _service.Root + "/policy.yaml";
        File.WriteAllText(policy, File.ReadAllText(policy).Replace("cache: { }", $"cache: {{ {cache} }}", StringComparison.Ordinal));
    }

    private void Shell(string script, bool inImages = true)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/bash", ["-ec", script])
        {
            WorkingDirectory = inImages && Directory.Exists(Images) ? Images : _service.Root, RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        _ = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }
}
