using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: whatever lies in a lent directory, the payload gets of it what its pilot could do, and no more: no set-id program, device or file of
/// somebody else's; and what it plants there is the pilot's to remove.
/// </summary>
[Collection(PrivateServiceTests.Name)]
public class LentFilesTests : IDisposable
{
    private readonly Service _service;

    public LentFilesTests() : this(Site.PrivatePolicy)
    {
    }

    private protected LentFilesTests(string policy)
    {
        _service = Service.Prepare(policy, prepare: null, "/opt", root => policy + $"\nlend: [{root}/lend]\n");
        Directory.CreateDirectory(Lend + "/own");
        File.Copy($"{AppContext.BaseDirectory}/clients/plants.py", _service.Work + "/plants.py");
        Shell($"chown {Site.PilotA}: own");
        _service.Launch();
    }

    private string Lend => _service.Root + "/lend";

    public void Dispose()
    {
        _service.Dispose();
        GC.SuppressFinalize(this);
    }

    [SkippableFact]
    public void OfFilesOfOthersThePayloadGetsReadingAtMost()
    {
        Shell($"""
            cd own; echo open > writable; chmod 666 writable; echo shut > shut; chmod 600 shut; mkdir -m 777 dir; mkdir -m 0 closed; touch dir/f closed/f
            cp {_service.Programs}/isolation foreign; chmod 4755 foreign; echo b > b-linked; chown {Site.PilotB}: b-linked; chmod 666 b-linked; ln b-linked ../b-other
            """);
        string[] lines = _service.Shell.Bash($$"""
            $A run --workdir {{Lend}}/own -- bash -c 'cat writable b-linked shut; for f in writable b-linked dir/new shut; do echo x >> $f; done; rm -f dir/f; ls closed; chown 0 writable; stat -c %u writable b-linked | sort -u; true' 2> /dev/null
            """).Expect(0).Lines;
        Assert.Equal(["open", "b", "65534"], lines);
        Assert.Equal("open b b", _service.Shell.Bash($"cd {Lend}/own; echo $(cat writable b-linked ../b-other); ls dir closed | grep -c new || true").Silent().Split('\n')[0]);
        Assert.True(File.Exists(Lend + "/own/dir/f"));
    }

    [SkippableFact]
    public void SetIdProgramsDevicesAndPipesThereDoNothing()
    {
        Shell($"""
            cd own; cp /usr/bin/id setid-root; chmod 6755 setid-root; cp /usr/bin/id setid-own; chown {Site.PilotA}: setid-own; chmod 6755 setid-own
            mknod -m 666 null c 1 3; mknod -m 666 disk b 259 0; mkfifo -m 666 pipe; chown {Site.PilotA}: pipe
            """);
        string[] lines = _service.Shell.Bash($$"""
            $A run --workdir {{Lend}}/own --limit wall=20s -- bash -c './setid-root -u; ./setid-own -u; id -u; echo x > null || echo refused; head -c 1 disk || echo refused; timeout 0.5 cat pipe || echo waited' 2> /dev/null
            """).Expect(0).Lines;
        Assert.Equal([lines[2], lines[2], lines[2], "refused", "refused", "waited"], lines);

        Stopwatch time = Stopwatch.StartNew();
        Assert.Equal(247, _service.Shell.Bash($"$A run --workdir {Lend}/own --limit wall=1s -- cat pipe").Code);
        Assert.InRange(time.Elapsed.TotalSeconds, 0, Until.Deadline(10).TotalSeconds);
    }

    [SkippableFact]
    public void AnImmutableFileStaysAsItIsAndHoldsUpNothing()
    {
        Shell("cd own; echo fixed > fixed; mkdir dir; chown -R isotest-a: .");
        Skip.IfNot(Shell("chattr +i own/fixed own/dir", mustWork: false) == 0, "chattr +i does not work on this file system");
        try
        {
            Assert.Equal("fixed", _service.Shell.Bash($"$A run --workdir {Lend}/own -- bash -c 'echo x >> fixed; rm -f fixed; touch dir/x; chattr -i fixed; cat fixed' 2> /dev/null").Silent());
        }
        finally
        {
            Shell("chattr -i own/fixed own/dir");
        }

        Assert.Equal("fixed\n", File.ReadAllText(Lend + "/own/fixed"));
    }

    [SkippableFact]
    public void WhatThePayloadPlantsIsThePilotsToRemove()
    {
        Assert.Equal("made", _service.Shell.Bash($"$A run --workdir {Lend}/own -- python3 $WORK/plants.py {Until.Many(10_000)}").Silent());
        Assert.Equal("", _service.Shell.Bash($"find {Lend}/own ! -user {Site.PilotA} | head -3; find {Lend}/own -perm /6000 | head -3").Silent());
        Assert.Equal("again", _service.Shell.Bash($"$A run --workdir {Lend}/own -- echo again").Silent()); // as soon as ever: nobody walks it
        Assert.Equal("0", _service.Shell.Bash($"setpriv --reuid={Site.PilotA} --regid={Site.PilotA} --clear-groups bash -c 'chmod -R u+rwx {Lend}/own 2> /dev/null; rm -rf {Lend}/own/* {Lend}/own/.[!.]*'; ls -A {Lend}/own | wc -l").Silent());
    }

    [SkippableTheory]
    [InlineData("mkdir 'é ü'", "é ü", null)]
    [InlineData("mkdir -- '-rf *'", "-rf *", null)]
    [InlineData("mkdir $(printf 'n%.0s' {1..255})", "$(printf 'n%.0s' {1..255})", null)]
    [InlineData("mkdir -p $(printf 'dddddddd/%.0s' {1..440})", "$(printf 'dddddddd/%.0s' {1..440})", null)]
    [InlineData("mkdir $'line\\nline'", "$'line\\nline'", "no printable UTF-8")]
    [InlineData("mkdir $'\\xff'", "$'\\xff'", "no printable UTF-8")]
    [InlineData("mkdir $'\\e[2J'", "$'\\e[2J'", "no printable UTF-8")]
    [InlineData("mkfifo odd", "odd", "Not a directory")]
    [InlineData("mknod odd c 1 3", "odd", "Not a directory")]
    [InlineData("mkdir -m 0 shut; mkdir shut/in", "shut/in", "Permission denied")]
    [InlineData("mkdir -m 0 shut", "shut/none", "Permission denied")]
    [InlineData("mkdir -p way; ln -s way odd; mkdir way/below", "odd/below", "symbolic links")]
    public void AnOddDirectoryIsLentOrRefusedAndNobodyWaits(string make, string path, string? why)
    {
        Shell($"cd own; {make}; chown -hR {Site.PilotA}: .");
        string name = path.StartsWith('$') ? path : $"'{path}'";
        Stopwatch time = Stopwatch.StartNew();
        Outcome outcome = _service.Shell.Bash($"$A run --workdir {Lend}/own/{name} -- sh -c 'touch f; echo $?'");
        Assert.InRange(time.Elapsed.TotalSeconds, 0, Until.Deadline(10).TotalSeconds);
        if (why is null)
            Assert.Equal("0", outcome.Silent());
        else
            Assert.Contains(why, outcome.Refused(241), StringComparison.Ordinal);
    }

    private int Shell(string script, bool mustWork = true)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { WorkingDirectory = Lend, RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 || !mustWork, errors);
        return process.ExitCode;
    }
}
