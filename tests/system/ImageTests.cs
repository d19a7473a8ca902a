using System.Diagnostics;
using System.Reflection;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: a container shows an unpacked image as its tree, read-only and with the room's own places in it, whatever lies there; no link of it leads anybody anywhere, one
/// that is not allowed, not there, or elsewhere than its path says is refused, and nothing of an image is changed or left on the host.
/// </summary>
public sealed class ImageTests : IDisposable
{
    private readonly Service _service;

    public ImageTests()
    {
        _service = Prepare();
        Shell($$"""
            mkdir -p images/small/{etc,opt,srv} lend/own bind && cd images/small && echo image > etc/os-release && chmod 1777 srv && echo bound > ../../bind/f
            for f in /bin/{bash,cat,ls,cp,touch,readlink,sleep} /usr/bin/{id,stat,wc,sort,tr,find}; do cp -L --parents $f $(ldd $f | grep -o '/[^ ]*') .; done
            [ -e lib64 ] || ln -s usr/lib64 lib64; [ -e bin ] || ln -s usr/bin bin; [ -e lib ] || ln -s usr/lib lib
            echo secret > etc/secret; chmod 600 etc/secret; mknod srv/null c 1 3; chmod 666 srv/null; cp usr/bin/id srv/set-id 2>/dev/null || cp bin/id srv/set-id; chmod 6755 srv/set-id
            cd .. && ln -s small link && mkdir hub && ln -s ../small hub/up && mkdir -m 700 private && cp -a small private/el9 && mkdir -m 711 shut && cp -a small/. shut && chmod 700 shut && ln -s ../../../etc out && ln -s /etc absolute && ln -s loop loop && touch file && mkdir empty
            chown isotest-a: ../lend/own
            """);
        _service.Launch();
    }

    private string Images => _service.Root + "/images";

    private string Run => $"$A run --image {Images}/small";

    public void Dispose() => _service.Dispose();

    [SkippableTheory]
    [InlineData("small")]
    [InlineData("link")] // it stays among the images
    [InlineData("hub/up")] // as CVMFS has them
    public void TheTreeIsTheImages(string image)
    {
        string[] lines = _service.Shell.Bash($"$A run --image {Images}/{image} -- /bin/bash -c 'cat /etc/os-release; [ -e /etc/shadow ] || echo no shadow; id -un; echo ~; pwd; ls /tmp /var/tmp | wc -l; ls /dev | tr \"\\n\" \" \"; echo; ls -A {_service.Run}; exit 7' < /dev/null").Expect(7).Lines;
        Assert.Equal("image", lines[0]);
        Assert.Equal("no shadow", lines[1]);
        Assert.StartsWith("p2100", lines[2], StringComparison.Ordinal);
        Assert.Equal(_service.Run + "/scratch", lines[3]);
        Assert.Equal(_service.Run + "/scratch", lines[4]);
        Assert.Contains(" null ", lines[6], StringComparison.Ordinal);
        Assert.Equal(["cell-init", "etc", "lent", "oci", "root", "scratch"], lines[7..]);
        Assert.Contains($"\"image\":{{\"path\":\"{Images}/{image}\",\"pattern\":\"{Images}/**\"}}", _service.LedgerText(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void NothingOfItIsWritableSetIdOrADeviceAndNothingOfItIsChanged()
    {
        string before = Listing();
        string[] lines = _service.Shell.Bash($"{Run} -- /bin/bash -c 'cat /etc/secret || echo refused; touch /etc/x || echo refused; echo 1 > /srv/f; cat /srv/f; echo x > /srv/null || echo refused; /srv/set-id -u; id -u' 2> /dev/null").Expect(0).Lines;
        Assert.Equal(["refused", "refused", "1", "refused"], lines[..4]);
        Assert.Equal(lines[4], lines[5]);
        Assert.Equal(before, Listing());
        Assert.Equal("0", _service.Shell.Bash($"{Run} -- /bin/bash -c 'find /srv -name f | wc -l'").Silent()); // the layer was the room's own

        string Listing() => _service.Shell.Bash($"cd {Images}/small; find . -printf '%p %u %m %s %T@\\n' | sort").Silent();
    }

    [SkippableFact]
    public void NoLinkThatItHasInTheRoomsPlacesIsFollowed()
    {
        string target = _service.Root + "/target";
        Shell($"mkdir -m 777 target; cd images; cp -a small evil; cd evil; rm -rf etc; for d in tmp var proc sys dev etc opt run; do rm -rf $d; ln -s {target} $d; done");
        string[] lines = _service.Shell.Bash($"$A run --image {Images}/evil -- /bin/bash -c 'echo x > /tmp/x; echo x > /var/tmp/x; for d in tmp var proc sys dev etc opt; do [ -L /$d ] && echo $d; done; cat /etc/passwd | wc -l; readlink /run'").Expect(0).Lines;
        Assert.Equal(target, lines[^1]); // where nothing is mounted it is what it is
        Assert.True(lines.Length == 2 && int.Parse(lines[0], System.Globalization.CultureInfo.InvariantCulture) > 5, string.Join('|', lines));
        Assert.Empty(Directory.EnumerateFileSystemEntries(target));
    }

    [SkippableFact]
    public void WhatIsLentBoundAndBroughtIsThereAsInEveryContainer()
    {
        File.WriteAllText(_service.Work + "/in", "brought\n");
        Outcome outcome = _service.Shell.Bash($"echo piped | $A run --image {Images}/small --workdir {_service.Root}/lend/own --in {_service.Work}/in --out made:{_service.Work}/made -- /bin/bash -c 'cat; cat {_service.Root}/bind/f ~/in; pwd; echo mine > here; echo out > ~/made'");
        Assert.Equal(["piped", "bound", "brought", _service.Root + "/lend/own"], outcome.Expect(0).Lines);
        Assert.Equal("isotest-a mine out", _service.Shell.Bash($"stat -c %U {_service.Root}/lend/own/here | tr '\\n' ' '; cat {_service.Root}/lend/own/here | tr '\\n' ' '; cat {_service.Work}/made").Silent());
    }

    [SkippableTheory]
    [InlineData("out", "image", "a link in its path leads out of what the site allows")]
    [InlineData("absolute", "image", "a link in its path leads out of what the site allows")]
    [InlineData("link/../../lend", "", "plain absolute path")]
    [InlineData("loop", "image", "too many links")]
    [InlineData("file", "image", "it is no directory")]
    [InlineData("none", "image", "there is no such directory")]
    [InlineData("private/el9", "image", "the payload's account may not open it")]
    [InlineData("shut", "image", "the payload's account may not open it")]
    [InlineData("../bind", "", "plain absolute path")]
    public void WhatCannotBeShownIsRefusedAndLeavesNothing(string image, string rule, string why)
    {
        Outcome outcome = _service.Shell.Bash($"$A run --image {Images}/{image} -- /bin/true");
        Assert.Equal(rule.Length > 0 ? 241 : 240, outcome.Code);
        Assert.Contains(why, outcome.Errors, StringComparison.Ordinal);
        Until.True(() => _service.Rooms().Length == 0 && !_service.Slices().SelectMany(slice => Until.Directories(slice, 1)).Any(), 10, () => _service.Log);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_service.State + "/scratch"));
    }

    [SkippableFact]
    public void WhileTheHostsTreeChangesALinkUpwardsIsFollowedAllTheSame()
    {
        using CancellationTokenSource over = new();
        Task busy = Task.Run(() =>
        {
            string one = _service.Root + "/one", other = _service.Root + "/other";
            Directory.CreateDirectory(one);
            while (!over.IsCancellationRequested)
            {
                Directory.Move(one, other);
                Directory.Move(other, one);
            }
        });
        for (int i = 0; i < 10; i++)
            Assert.Equal("image", _service.Shell.Bash($"$A run --image {Images}/hub/up -- /bin/cat /etc/os-release").Silent());
        over.Cancel();
        Assert.True(busy.Wait(Until.Deadline(10)));
    }

    [SkippableFact]
    public void WhatTheSiteHidesIsNotShownByAnImageThatHoldsIt()
    {
        string policy = _service.Root + "/policy.yaml", text = File.ReadAllText(policy);
        File.WriteAllText(policy, text.Replace("/images/**", "/images/**\", \"/opt/**", StringComparison.Ordinal));
        Assert.Contains($"could show '{_service.Root}/lend'", Install().Errors, StringComparison.Ordinal);
        // Of its own directories the policy knows nothing.
        File.WriteAllText(policy, text.Replace("/images/**", $"/images/**\", \"{_service.Root}/r*", StringComparison.Ordinal).Replace($"lend: [{_service.Root}/lend]", "", StringComparison.Ordinal));
        Install().Expect(0);
        Assert.Contains($"could show {_service.Run}, which rooms do not", _service.Shell.Bash($"$A run --image {_service.Run} -- /bin/true").Expect(244).Errors, StringComparison.Ordinal);

        Outcome Install() => _service.Shell.Bash($"{_service.Programs}/isolationd policy install {policy} --policy {policy} --state {_service.State} --run {_service.Run}");
    }

    [SkippableFact]
    public void WhereTheSiteHasNotNamedItItIsRefusedByName()
    {
        Outcome outcome = _service.Shell.Bash("$A run --image /etc -- true").Expect(241);
        Assert.Contains($"Ask for one of: host, {Images}/**", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("an image is shown in containers", _service.Shell.Bash($"$A run --level setuid --image {Images}/small -- true").Expect(241).Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AnImageWithoutTheProgramRefusesTheCommandAndLeavesNothing()
    {
        Outcome outcome = _service.Shell.Bash($"$A run --image {Images}/empty -- /bin/sh -c true").Expect(241);
        Assert.Contains("/bin/sh", outcome.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AFileSystemThatDoesNotAnswerHoldsUpThatPayloadOnlyAndForABoundedTime()
    {
        Skip.IfNot(File.Exists("/dev/fuse"), "this host has no /dev/fuse");
        using Service service = Prepare();
        string place = service.Root + "/images/fuse", repository = Path.GetFullPath(typeof(Site).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Repository").Value!);
        Directory.CreateDirectory(place);
        using Process server = Process.Start(new ProcessStartInfo("/usr/bin/python3", [repository + "/tests/linux/traps/sleeping_fuse.py", place]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.Equal("mounted", server.StandardOutput.ReadLine());
            using Process opener = Process.Start("/bin/cat", [place + "/file"]); // from now on it sleeps
            Assert.Equal("asleep", server.StandardOutput.ReadLine());
            service.Launch(); // what is mounted later only a host with shared mounts shows
            using Process held = service.Shell.Start($"exec $A run --image {place}/below -- true");
            Thread.Sleep(500);
            Assert.Equal("ok", service.Shell.Bash("$A run -- echo ok").Silent());
            Assert.True(held.WaitForExit(Until.Deadline(60)), service.Log);
            Assert.True(held.ExitCode == 244, $"{held.ExitCode}: {held.StandardError.ReadToEnd()}");
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
            Process.Start("umount", ["-l", place]).WaitForExit();
        }

        Until.True(() => service.Rooms().Length == 0, 10, () => string.Join(' ', service.Rooms()));
    }

    [SkippableFact]
    public void RuncShowsTheSame()
    {
        Skip.IfNot(File.Exists("/usr/sbin/runc") && File.Exists("/usr/bin/crun"), "there is no crun, or no runc: run ./test, which installs both");
        string look = $"{Run} -- /bin/bash -c 'ls / /dev /etc; stat -c \"%n %A %U\" /* | sort; ls /proc/self/fd | wc -l'";
        string crun = _service.Shell.Bash(look).Expect(0).Output;
        string policy = _service.Root + "/policy.yaml";
        File.WriteAllText(policy, File.ReadAllText(policy).Replace("setuid: { room: classic }", "container: { runtime: /usr/sbin/runc }", StringComparison.Ordinal));
        _service.Shell.Bash($"{_service.Programs}/isolationd policy install {policy} --policy {policy} --state {_service.State} --run {_service.Run}").Expect(0);
        Until.True(() => _service.Log.Contains("containers are built by /usr/sbin/runc", StringComparison.Ordinal), 10, () => _service.Log);
        Assert.Equal(crun, _service.Shell.Bash(look).Expect(0).Output);
    }

    [SkippableFact]
    public void APilotsOwnProgramInPythonAsksForOne()
        => Assert.Equal("image", _service.Shell.Bash($"setpriv --reuid=isotest-a --regid=isotest-a --clear-groups -- /usr/bin/python3 {AppContext.BaseDirectory}/clients/isolation_client.py run --image {Images}/small -- cat /etc/os-release").Silent());

    private static Service Prepare()
    {
        Site.RequireContainers();
        return Service.Prepare("", place: "/opt", policyFor: root => Site.ContainerPolicy + $"\nimages: {{ allow: [host, \"{root}/images/**\"] }}\nlend: [{root}/lend]\nbinds: [{root}/bind]\n");
    }

    private void Shell(string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/bash", ["-ec", script]) { WorkingDirectory = _service.Root, RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }
}
