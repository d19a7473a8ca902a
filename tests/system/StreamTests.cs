using System.Security.Cryptography;
using System.Text;

namespace Isolation.Service.Tests;

/// <summary>Promise: standard streams are the caller's own descriptors: closed, binary, a terminal, whatever they are; what may not be passed is refused by name.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class StreamTests(SharedService shared)
{
    [SkippableTheory]
    [InlineData("<&-", "1 2")]
    [InlineData(">&-", "0 2")]
    [InlineData("2>&-", "0 1")]
    [InlineData("<&- >&- 2>&-", "")]
    public void AClosedStreamIsClosedForThePayload(string redirection, string open)
    {
        Service service = shared.Get();
        string report = $"{service.Work}/fds-{Guid.NewGuid():N}";
        // The payload's own list, written where it may: /proc/self/fd of a shell that opens nothing before.
        service.Shell.Bash($"touch {report}; chmod 666 {report}; $A run -- sh -c 'o=; for f in 0 1 2; do [ -e /proc/$$/fd/$f ] && o=\"$o $f\"; done; echo $o > {report}' {redirection}").Expect(0);
        Assert.Equal(open, File.ReadAllText(report).Trim());
    }

    // A pipe belongs to who made it: opened by name it is asked for its mode. Payloads of several users may share one.
    [SkippableFact]
    public void APipeCanBeOpenedAgainByNameForWritingOnly()
    {
        Service service = shared.Get();
        string pilot = $"setpriv --reuid={Site.PilotA} --regid={Site.PilotA} --clear-groups -- env ISOLATION_SOCKET={service.Socket} RUN='{service.Programs}/isolation run --'";
        string told = service.Shell.Bash(pilot + """
             bash -c 'echo in | $RUN sh -c "echo out > /dev/stdout; echo err > /dev/stderr; cat; true < /dev/stderr || echo unread; true < /dev/stdout || echo unread; true > /dev/stdin || echo unwritten" 2>&1 | grep -v denied'
            """).Silent();
        Assert.Equal("out\nerr\nin\nunread\nunread\nunwritten", told);
    }

    [SkippableFact]
    public void ABinaryPipelineOf64MiBIsIntact()
    {
        byte[] data = new byte[64 << 20];
        new Random(7).NextBytes(data);
        Outcome outcome = shared.Get().Shell.Bash("$A run -- cat | $A run --claim /each/other -- cat", data, seconds: 90).Expect(0);
        Assert.Equal("", outcome.Errors);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(data)), Convert.ToHexString(SHA256.HashData(outcome.Bytes)));
    }

    [SkippableFact]
    public void AReaderThatGoesEndsThePayloadByItsPipe()
    {
        Outcome outcome = shared.Get().Shell.Bash("$A run -- yes | head -n 1; echo ${PIPESTATUS[0]}");
        Assert.Equal(["y", "141"], outcome.Lines);
    }

    [SkippableFact]
    public void AWriterThatIsOverEndsThePayloadsInput()
        => Assert.Equal("5", shared.Get().Shell.Bash("printf 12345 | $A run -- wc -c").Silent());

    [SkippableFact]
    public void StandardErrorIsItsOwnStream()
    {
        Outcome outcome = shared.Get().Shell.Bash("$A run -- sh -c 'echo out; echo err >&2'").Expect(0);
        Assert.Equal(("out\n", "err\n"), (outcome.Output, outcome.Errors));
    }

    [SkippableFact]
    public void ATerminalIsATerminalForThePayload()
    {
        Service service = shared.Get();
        string script = $"{service.Work}/tty.sh";
        Outcome outcome = service.Shell.Bash($"echo \"$A run -- sh -c 'test -t 0 && test -t 1 && test -t 2 && echo all'\" > {script}; script -qec 'bash {script}' /dev/null < /dev/null");
        Assert.Equal("all", outcome.Expect(0).Output.Trim());
    }

    [SkippableTheory]
    [InlineData("< /", "directory")]
    [InlineData("< /dev/zero", "character device")]
    [InlineData("> /dev/full", "character device")]
    public void AStreamOfNoAllowedKindIsRefusedByName(string redirection, string kind)
    {
        string line = shared.Get().Shell.Bash($"$A run -- true {redirection}").Refused(241);
        Assert.Contains(kind, line, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ABlockDeviceIsRefusedByName()
    {
        Service service = shared.Get();
        string? device = Directory.EnumerateFiles("/dev").FirstOrDefault(IsBlockDevice);
        Skip.If(device is null, "no block device on this host can be opened");
        Assert.Contains("block device", service.Shell.Bash($"$A run -- true < {device}").Refused(241), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AnOPathDescriptorIsRefused()
        => shared.Get().Shell.Bash("python3 -c 'import os,sys; os.close(0); os.open(\"/etc\", os.O_PATH); os.set_inheritable(0, True); os.execvp(\"bash\", [\"bash\", \"-c\", sys.argv[1]])' \"$A run -- true\"")
            .Refused(241);

    [SkippableTheory]
    [InlineData("< /dev/null > /dev/null")]
    [InlineData("< /etc/passwd")]
    public void AllowedKindsPass(string redirection) => shared.Get().Shell.Bash($"$A run -- cat {redirection}").Expect(0);

    [SkippableFact]
    public void ASocketPasses()
        => Assert.Equal("through", shared.Get().Shell.Bash(
            "python3 -c 'import socket,subprocess,sys; a,b=socket.socketpair(); p=subprocess.Popen(sys.argv[1:],stdin=b,stdout=b); b.close(); a.sendall(b\"through\"); a.shutdown(socket.SHUT_WR); print(a.recv(99).decode()); sys.exit(p.wait())' $A run -- cat").Silent());

    [SkippableFact]
    public void BytesThatAreNotUtf8ArriveAsTheyAre()
    {
        Outcome outcome = shared.Get().Shell.Bash("$A run --env $'V=\\xfd\\xfc' -- sh -c 'printf %s \"$1\" | od -An -tx1; printf %s \"$V\" | od -An -tx1' x $'a\\xff\\xfe\\nb'");
        outcome.Silent();
        Assert.Equal(["61 ff fe 0a 62", "fd fc"], outcome.Lines.Select(l => l.Trim()));
    }

    [SkippableFact]
    public void TwoMebibytesOfArgumentsAndEnvironmentPass()
    {
        Outcome outcome = shared.Get().Shell.Bash(
            "ulimit -s unlimited; "
            + "python3 -c 'import os,sys; a=sys.argv[1].split(); big=[\"x\"*100000]*10; os.execvp(a[0], a+[\"run\"]+[w for i in range(10) for w in (\"--env\", f\"E{i}=\"+\"y\"*100000)]+[\"--\",\"sh\",\"-c\",\"echo $#; printf %s \\\"$*\\\" | wc -c; printf %s \\\"$E0$E1$E2$E3$E4$E5$E6$E7$E8$E9\\\" | wc -c\",\"sh\"]+big)' \"$A\"");
        outcome.Silent();
        Assert.Equal(["10", "1000009", "1000000"], outcome.Lines);
    }

    [SkippableFact]
    public void MoreThanThePilotsStackLimitAllowsIsRefusedWithTheFigure()
    {
        // Raw frames: a client under that limit could not be given so much by exec itself.
        Outcome outcome = shared.Get().Shell.Bash("ulimit -s 1024; setpriv --reuid=isotest-a --regid=isotest-a --clear-groups python3 "
            + $"{AppContext.BaseDirectory}/clients/driver.py --big 1000000 -- true 2>&1");
        Assert.Contains("stack limit", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("1048576", outcome.Output, StringComparison.Ordinal);
    }

    private static bool IsBlockDevice(string path)
    {
        try
        {
            using Isolation.Linux.Descriptor? device = Isolation.Linux.Sys.TryOpen(
                null, Encoding.UTF8.GetBytes(path), Isolation.Linux.Sys.O_RDONLY | Isolation.Linux.Sys.O_NONBLOCK, 0, out _);
            return device is not null && Isolation.Linux.Sys.KindOf(device) == Isolation.Linux.FileKind.Block;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
