using System.Diagnostics;
using System.Reflection;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: a pilot lends a directory of its own by naming it, however it reaches it; the payload works in it as in its own, at the same path, and
/// what it makes is the pilot's on disk. What may not be lent is refused before anybody has entered, and what was lent is on record.
/// </summary>
[Collection(PrivateServiceTests.Name)]
public class LentDirectoryTests : IDisposable
{
    private readonly Service _service;

    public LentDirectoryTests() : this(Site.PrivatePolicy)
    {
    }

    private protected LentDirectoryTests(string policy)
    {
        _service = Service.Prepare(policy, prepare: null, "/opt", root => policy + $"\nlend: [{root}/lend]\n");
        Shell($"mkdir -p {Lend}/own/below {Lend}/others; echo secret > {Lend}/own/f; chmod 600 {Lend}/own/f; ln -s own {Lend}/link; echo x > {Lend}/file; chown -R isotest-a: {Lend}/own {Lend}/file; chown isotest-b: {Lend}/others");
        _service.Launch();
    }

    private string Lend => _service.Root + "/lend";

    public void Dispose()
    {
        _service.Dispose();
        GC.SuppressFinalize(this);
    }

    [SkippableFact]
    public void ThePayloadWorksInItAndWhatItMakesIsThePilotsOnDisk()
    {
        string[] lines = _service.Shell.Bash($"$A run --workdir {Lend}/own/ -- bash -c 'pwd; cat f; [ $(stat -c %u f) = $(id -u) ] && echo mine; echo made > g; ls -A {Lend}; touch {Lend}/x 2>&1 | grep -c Read-only'").Expect(0).Lines;
        Assert.Equal([Lend + "/own", "secret", "mine", "own", "1"], lines);
        Assert.Equal("isotest-a isotest-a made", _service.Shell.Bash($"stat -c '%U %G' {Lend}/own/g | tr '\\n' ' '; cat {Lend}/own/g").Silent());
        Assert.Contains($"\"lent\":{{\"directory\":\"{Lend}/own\"", _service.LedgerText(), StringComparison.Ordinal);
        Assert.Contains("\"credentials\":false", _service.LedgerText(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void WithoutLendingItIsNotThere()
        => Assert.Equal("0", _service.Shell.Bash($"$A run -- bash -c 'ls -A {Lend} | wc -l'").Silent());

    [SkippableTheory]
    [InlineData("link", "Not a directory")]
    [InlineData("link/below", "Too many levels of symbolic links")]
    [InlineData("file", "Not a directory")]
    [InlineData("others", "belongs to somebody else")]
    [InlineData("none", "No such file")]
    [InlineData("own/../others", "'.' or '..'")]
    [InlineData("own//below", "'.' or '..'")]
    public void WhatIsNotThePilotsToLendIsRefused(string path, string why)
    {
        Outcome outcome = _service.Shell.Bash($"$A run --workdir {Lend}/{path} -- true").Expect(241);
        Assert.Contains(why, outcome.Errors, StringComparison.Ordinal);
        Until.True(() => _service.LedgerText().Contains("\"type\":\"refused\"", StringComparison.Ordinal), 10, () => "the refusal was not recorded"); // the answer does not wait for it
    }

    [SkippableFact]
    public void APilotLendsWhatOnlyItsOwnMountsShow()
        => Assert.Equal("hidden", _service.Shell.Bash($"""
            unshare -m --propagation private sh -c 'mount -t tmpfs -o mode=755 none {Lend} && mkdir {Lend}/mine && echo hidden > {Lend}/mine/f && chown -R isotest-a: {Lend}/mine && exec "$@"' sh \
                $A run --workdir {Lend}/mine -- cat f
            """).Silent());

    [SkippableFact]
    public void APilotInAUserNamespaceLendsWhatIsItsOwn()
        => Assert.Equal("secret", _service.Shell.Bash(
            $"setpriv --reuid=isotest-a --regid=isotest-a --clear-groups -- unshare -Urm {_service.Programs}/isolation run --workdir {Lend}/own -- cat f").Silent());

    [SkippableFact]
    public void WhatHoldsACredentialIsLentOnlyToAPilotThatMeansItAndWhereTheSiteLetsIt()
    {
        Outcome home = _service.Shell.Bash($"export HOME={Lend}/own; $A run --workdir {Lend}/own -- true").Expect(241);
        Assert.Contains("(HOME)", home.Errors, StringComparison.Ordinal);
        Outcome proxy = _service.Shell.Bash($"export X509_USER_PROXY={Lend}/link/f; $A run --workdir {Lend}/own -- true").Expect(241);
        Assert.Contains("(X509_USER_PROXY)", proxy.Errors, StringComparison.Ordinal);
        Assert.Equal("secret", _service.Shell.Bash($"export X509_USER_PROXY={Lend}/own/f; $A run --lend-credentials --workdir {Lend}/own -- cat f").Silent());
        Assert.Contains("\"credentials\":true", _service.LedgerText(), StringComparison.Ordinal);
        Assert.Equal("", _service.Shell.Bash($"export HOME={Lend}/own; $A run --workdir {Lend}/own/below -- true").Silent());

        File.AppendAllText(_service.Root + "/policy.yaml", "lend-credentials: no\n");
        _service.Shell.Bash("$ROOT policy reload").Expect(0);
        Outcome forbidden = _service.Shell.Bash($"export HOME={Lend}/own; $A run --lend-credentials --workdir {Lend}/own -- true").Expect(241);
        Assert.Contains("this site forbids", forbidden.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void WhatIsPutInItsPlaceIsNotFollowed()
    {
        using Client client = _service.Shell.StartPayload("bash -c 'until [ -e go ]; do sleep 0.1; done; cat f; cat /etc/hostname > written; echo done'", $"--workdir {Lend}/own");
        Shell($"mv {Lend}/own {Lend}/away; ln -s /etc {Lend}/own; touch {Lend}/away/go");
        Assert.Equal("secret\ndone\n", client.Process.StandardOutput.ReadToEnd());
        Assert.True(File.Exists(Lend + "/away/written"));
        Assert.False(File.Exists("/etc/written"));
    }

    [SkippableFact]
    public void AFileSystemThatDoesNotAnswerHoldsUpItsOwnPilotForABoundedTimeOnly()
    {
        Skip.IfNot(File.Exists("/dev/fuse"), "this host has no /dev/fuse");
        string place = Lend + "/fuse", repository = Path.GetFullPath(typeof(Site).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Repository").Value!);
        Directory.CreateDirectory(place);
        using Process server = Process.Start(new ProcessStartInfo("/usr/bin/python3", [repository + "/tests/linux/traps/sleeping_fuse.py", place]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.Equal("mounted", server.StandardOutput.ReadLine());
            using Process opener = Process.Start("/bin/cat", [place + "/file"]); // from now on it sleeps
            Thread.Sleep(500);
            Stopwatch time = Stopwatch.StartNew();
            using Process hung = _service.Shell.Start($"setpriv --reuid=isotest-a --regid=isotest-a --clear-groups -- /usr/bin/python3 {AppContext.BaseDirectory}/clients/lend.py {place}/file");
            Assert.Equal("ok", _service.Shell.Bash("$A run -- echo ok").Silent());
            string last = hung.StandardOutput.ReadToEnd();
            Assert.Contains("--in and --out", last, StringComparison.Ordinal);
            Assert.InRange(time.Elapsed.TotalSeconds, 0, Until.Deadline(30).TotalSeconds);
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
            Process.Start("umount", ["-l", place]).WaitForExit();
        }
    }

    private static void Shell(string script) => Process.Start("/bin/bash", ["-c", script]).WaitForExit();
}
