using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: the exchange passes the content of regular files under whatever names, and nothing else: no set-id bits, links, devices or waiting; and
/// what either side plants in the scratch goes with it. With idmapped mounts.
/// </summary>
public class HostileExchangeTests : IDisposable
{
    private readonly Service _service;

    public HostileExchangeTests() : this([]) { }

    private protected HostileExchangeTests(string[] arguments)
    {
        _service = Service.Prepare(Site.Policy);
        _service.Arguments.AddRange(arguments);
        _service.Launch();
    }

    private string Own => _service.Work + "/own";

    public void Dispose()
    {
        _service.Dispose();
        GC.SuppressFinalize(this);
    }

    [SkippableFact]
    public void OddNamesPassBothWays()
        => Assert.Equal("9", _service.Shell.Bash("""
            mkdir own; chown isotest-a own; cd own
            names=($'\xff\xfe' $'line\nline' $'\e[2J' ' ' -rf '*' '$(id)' "$(printf 'n%.0s' {1..255})" $'\xc3\x28')
            options=()
            for i in "${!names[@]}"; do
                printf '%s' "$i" > "../in-$i"; chmod 644 "../in-$i"
                options+=(--in "../in-$i:${names[i]}" --out "${names[i]}:./${names[i]}")
            done
            $A run "${options[@]}" -- true
            same=0; for i in "${!names[@]}"; do [ "$(cat "./${names[i]}")" = "$i" ] && same=$((same + 1)); done; echo $same
            """).Silent());

    [SkippableFact]
    public void OfWhatAPilotBringsOnlyTheContentPasses()
    {
        string[] lines = _service.Shell.Bash("""
            mkdir own; cd own; echo x > setid; cp setid linked; ln linked other; cp setid fixed; chown isotest-a . *; chmod 6755 setid; chattr +i fixed 2> /dev/null
            $A run --in setid --in linked --in fixed -- sh -c 'stat -c "%a %h" setid linked; echo y >> linked; echo y >> fixed && rm setid linked fixed && echo removed'
            stat -c "%a %h" setid linked; cat other; chattr -i fixed 2> /dev/null; true
            """).Silent().Split('\n');
        Assert.Equal(["755 1", "644 1", "removed", "6755 1", "644 2", "x"], lines);
    }

    [SkippableTheory]
    [InlineData("mkfifo -m 666 own/odd")]
    [InlineData("mknod -m 666 own/odd c 1 5")]
    [InlineData("mkdir -m 777 own/odd")]
    [InlineData("python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"own/odd\")'; chmod 666 own/odd")]
    public void NoFileIsNeitherBroughtNorReplacedAndNobodyWaitsForIt(string make)
    {
        _service.Shell.Bash($"mkdir own; chown isotest-a own; {make}").Silent();
        Stopwatch time = Stopwatch.StartNew();
        _service.Shell.Bash("$A run --in own/odd -- true").Expect(240);
        _service.Shell.Bash("$A run --out odd:own/odd -- sh -c 'echo x > odd'").Expect(240);
        Assert.InRange(time.Elapsed.TotalSeconds, 0, Until.Deadline(10).TotalSeconds);
    }

    [SkippableFact]
    public void AFetchedFileReplacesItsNameAndNoOtherLinkOfIt()
    {
        string[] lines = _service.Shell.Bash("""
            mkdir own; cd own; echo old > kept; ln kept target; echo old > fixed; chown isotest-a . *; chattr +i fixed 2> /dev/null && echo flagged || echo plain
            $A run --out a:target --out a/../b:fixed -- true 2> /dev/null; echo $?
            $A run --out a:target --out b:fixed -- sh -c 'echo new > a; echo new > b' 2> /dev/null; echo $?
            cat kept target fixed; chattr -i fixed 2> /dev/null; ls -A
            """).Expect(0).Lines;
        bool isFlagged = lines[0] == "flagged";
        Assert.Equal(["240", isFlagged ? "251" : "0", "old", "new", isFlagged ? "old" : "new", "fixed", "kept", "target"], lines[1..]);
    }

    [SkippableFact]
    public void WhatRootPlantedInAScratchIsNotFetchedOrLosesItsBits()
    {
        using Client client = Client.Start(_service, "bash -c 'until [ -e go ]; do sleep 0.05; done'", $"--out null:{Own}/null --out setid:{Own}/setid --out one:{Own}/one --out two:{Own}/two --out closed/f:{Own}/closed", prepare: $"mkdir -p {Own}; chown isotest-a {Own}; ");
        string scratch = $"{_service.State}/scratch/{client.Id}";
        _service.Shell.Bash($"cd {scratch}; mknod -m 666 null c 1 3; cp /bin/true setid; chown --reference=. setid; chmod 6755 setid; echo 1 > one; ln one two; chmod 666 one; mkdir -m 0 closed; touch closed/f go").Silent();
        Assert.Equal(251, client.Wait());
        string errors = client.Process.StandardError.ReadToEnd();
        Assert.Contains("--out null was not fetched", errors, StringComparison.Ordinal);
        Assert.Contains("--out closed/f was not fetched", errors, StringComparison.Ordinal);
        Assert.Equal("755 1 1 1", _service.Shell.Bash($"cd {Own}; echo $(stat -c %a setid) $(stat -c %h setid) $(cat one two)").Silent());
        Assert.False(File.Exists(Own + "/null"));
    }

    public static string Pilot => $"setpriv --reuid={Site.PilotA} --regid={Site.PilotA} --clear-groups --";

    private protected Service Service => _service;
}

/// <summary>Promise: the same where mounts cannot show one account's files as another's.</summary>
public sealed class HostileExchangeByCopyTests() : HostileExchangeTests(["--without-kernel", "idmap"]);

/// <summary>Promise: what a client plants through the directory that it was given goes with the scratch, although it holds on to it and goes on.</summary>
public sealed class HostileExchangeClientTests
{
    [SkippableFact]
    public void WhatItPlantsGoesNowhereElseAndIsGoneWhileItGoesOn()
    {
        using Service service = Service.Start();
        string[] lines = service.Shell.Bash($"{HostileExchangeTests.Pilot} /usr/bin/python3 {AppContext.BaseDirectory}/clients/plant.py").Expect(0).Lines;
        Assert.Matches("^-rwsr-sr-x", lines.Single(line => line.EndsWith(" planted", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(line => !line.EndsWith(" planted", StringComparison.Ordinal)));
        Assert.Equal("over", lines[^1]);
        Until.True(() => !Directory.Exists($"{service.State}/scratch/{lines[0]}"), 20, () => service.Log);
        Assert.False(File.Exists("/tmp/iso-own"));
    }
}
