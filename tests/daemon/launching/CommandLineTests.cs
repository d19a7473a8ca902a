namespace Isolation.Daemon.Tests;

/// <summary>Promise: a command line means one thing, and one that means nothing is refused with the reason.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public void WithoutArgumentsItServesAtTheDefaults()
    {
        ServiceOptions options = Assert.IsType<Invocation.Serve>(CommandLine.Parse([])).Options;
        Assert.Equal(("/etc/isolation/policy.yaml", "isolation", false), (options.Policy, options.User, options.IsLaunched));
        Assert.Equal("/run/isolation/front/isolation.sock", options.Paths.Socket);
        Assert.Equal("/var/lib/isolation/warden/warden.json", options.Paths.WardenLimits);
    }

    [Fact]
    public void EveryOptionIsRead()
    {
        ServiceOptions options = Assert.IsType<Invocation.Serve>(CommandLine.Parse(
            ["--policy", "/p", "--state", "/s", "--run", "/r", "--user", "u", "--launched", "--without-kernel", "pass-rights,peer-pidfd", "--tracking-groups", "sge:20000-20100"])).Options;
        Assert.Equal(("/p", "/s", "/r", "u", true), (options.Policy, options.Paths.State, options.Paths.Run, options.User, options.IsLaunched));
        Assert.Equal(2, options.WithoutKernel.Count);
        Assert.Equal("sge:20000-20100", options.TrackingGroups.ToString());
    }

    [Theory]
    [InlineData("--state")]
    [InlineData("--state", "")]
    [InlineData("--nonsense")]
    [InlineData("--without-kernel", "everything")]
    [InlineData("--tracking-groups", "sge:7-5")]
    [InlineData("--tracking-groups", "")]
    [InlineData("policy")]
    [InlineData("policy", "check")]
    [InlineData("policy", "check", "--run")]
    [InlineData("policy", "install", "f", "--launched")]
    [InlineData("--drain=never")]
    [InlineData("--drain=")]
    [InlineData("--drain=5")]
    [InlineData("--drain=50d")]
    [InlineData("--drain", "--launched")]
    [InlineData("trace")]
    [InlineData("trace", "verify", "a", "b")]
    public void Nonsense(params string[] arguments) => Assert.IsType<Invocation.Wrong>(CommandLine.Parse(arguments));

    [Fact]
    public void Verbs()
    {
        Assert.Equal(new Invocation.CheckPolicy("f"), CommandLine.Parse(["policy", "check", "f"]));
        Assert.Null(Assert.IsType<Invocation.Drain>(CommandLine.Parse(["--drain"])).Within);
        Invocation.Drain drain = Assert.IsType<Invocation.Drain>(CommandLine.Parse(["--drain=1d2h3m4s", "--run", "/r"]));
        Assert.Equal(("/r", new TimeSpan(1, 2, 3, 4)), (drain.Paths.Run, drain.Within));
        Assert.Equal(new Invocation.VerifyTrace("/d"), CommandLine.Parse(["trace", "verify", "/d"]));
        Assert.Equal("/q", Assert.IsType<Invocation.InstallPolicy>(CommandLine.Parse(["policy", "install", "f", "--policy", "/q"])).Target);
    }
}
