using System.Text;

namespace Isolation.Probes.Tests;

/// <summary>Promise: only a whole planted secret counts as one that was read, and what a payload prints is made printable.</summary>
public sealed class SecretTests
{
    [Fact]
    public void AWholeSecretIsFoundAmongOtherBytes()
    {
        string secret = Secret.New("ab12cd34", "pilot", "proxy");
        Assert.Equal(secret, Secret.Find(Encoding.ASCII.GetBytes("xs-ab12cd34-\0s-ab12cd34-pilot\0" + secret + "\0"), "ab12cd34"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("s-ab12cd34-")]
    [InlineData("s-ab12cd34-pilot-proxy-")]
    [InlineData("s-ab12cd34-pilot-proxy-0123456789abcde")]
    [InlineData("separation-ab12cd34-pilot-0123456789abcdef")]
    [InlineData("s-00000000-pilot-proxy-0123456789abcdef")]
    public void APartOrAnotherRunsIsNone(string text) => Assert.Null(Secret.Find(Encoding.ASCII.GetBytes(text), "ab12cd34"));

    [Fact]
    public void BytesBecomePrintable() => Assert.Equal("a\\x0a\\xff\\x1b", Printable.Of([(byte)'a', 10, 0xff, 0x1b]));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"probe\":\"A1\"}")]
    [InlineData("{\"probe\":\"A1\",\"outcome\":\"Great\"}")]
    public void WhatIsNoAttemptIsNone(string line) => Assert.Null(AttemptLine.Parse(line));

    [Fact]
    public void TheWorstAttemptDecides()
    {
        static Verdict Of(params Outcome[] outcomes) => Judge.Of([.. outcomes.Select(o => new Attempt("A1", "x", o, "y"))]);
        Assert.Equal(Verdict.Unknown, Of());
        Assert.Equal(Verdict.NotApplicable, Of(Outcome.NotApplicable));
        Assert.Equal(Verdict.Held, Of(Outcome.NotApplicable, Outcome.Held));
        Assert.Equal(Verdict.DiffersByPolicy, Of(Outcome.Held, Outcome.ByPolicy));
        Assert.Equal(Verdict.Unknown, Of(Outcome.Held, Outcome.ByPolicy, Outcome.Failed));
        Assert.Equal(Verdict.Broke, Of(Outcome.Failed, Outcome.Held, Outcome.Broke));
    }
}
