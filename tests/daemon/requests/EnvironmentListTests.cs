using System.Text;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: of the pilot's environment only reviewed names reach the payload; what the caller names itself does, but for the room's own.</summary>
public sealed class EnvironmentListTests
{
    [Theory]
    [InlineData("PATH")]
    [InlineData("LC_ALL")]
    [InlineData("SLURM_JOB_ID")]
    [InlineData("_CONDOR_SLOT")]
    [InlineData("PBS_JOBID")]
    [InlineData("LSB_JOBID")]
    [InlineData("JOB_ID")]
    [InlineData("CUDA_VISIBLE_DEVICES")]
    [InlineData("https_proxy")]
    public void Passes(string name) => Assert.True(EnvironmentList.Passed(name));

    [Theory]
    [InlineData("LD_PRELOAD")]
    [InlineData("LD_LIBRARY_PATH")]
    [InlineData("X509_USER_PROXY")]
    [InlineData("BEARER_TOKEN")]
    [InlineData("BEARER_TOKEN_FILE")]
    [InlineData("HOME")]
    [InlineData("TMPDIR")]
    [InlineData("USER")]
    [InlineData("LOGNAME")]
    [InlineData("SHELL")]
    [InlineData("PWD")]
    [InlineData("SLURM_JWT")]
    [InlineData("_CONDOR_CREDS")]
    [InlineData("PBS_O_HOME")]
    [InlineData("ISOLATION_HANDLE")]
    [InlineData("BASH_ENV")]
    [InlineData("PATHS")]
    [InlineData("path")]
    public void DoesNotPass(string name) => Assert.False(EnvironmentList.Passed(name));

    [Fact]
    public void EveryLineHasAReason()
        => Assert.All(EnvironmentList.Passes.Concat(EnvironmentList.Held), l => Assert.False(string.IsNullOrWhiteSpace(l.Reason)));

    [Fact]
    public void WhatTheCallerNamesWinsAndPassesWhateverItsName()
    {
        List<Fault> faults = [];
        List<byte[]> entries = EnvironmentParser.Parse([Bytes("LANG=C"), Bytes("LD_PRELOAD=x"), Bytes("odd")], [Bytes("LANG=de"), Bytes("LD_PRELOAD=y"), Bytes("LANG=en")], faults);
        Assert.Empty(faults);
        Assert.Equal(["LANG=en", "LD_PRELOAD=y", $"PATH={EnvironmentList.DefaultPath}"], entries.Select(Encoding.UTF8.GetString).Order());
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
