using System.Text;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Batch.Tests;

/// <summary>Promise: what an environment says of a batch job is read as a claim, bounded and printable, and as nothing else.</summary>
public sealed class ClaimTests
{
    public static TheoryData<string> Trees => [.. BatchTree.Names];

    [Theory]
    [MemberData(nameof(Trees))]
    public void EachTreesEnvironmentClaimsWhatItSays(string name)
    {
        BatchTree tree = BatchTree.Read(name, 5001);
        Assert.Equal(tree.Claim, Text(Read([.. tree.Environment])));
    }

    [Theory]
    [InlineData("JOB_ID=7", null)]
    [InlineData("SGE_ROOT=/opt/sge", null)]
    [InlineData("SGE_ROOT=/opt/sge JOB_ID=7", "sge 7")]
    [InlineData("SLURM_JOB_ID=", null)]
    [InlineData("_CONDOR_JOB_AD=/x/.job.ad", "htcondor")]
    [InlineData("PBS_JOBID=7.a SLURM_JOB_ID=8", "slurm 8")]
    [InlineData("LSB_JOBID=7 LSB_JOBINDEX=0", "lsf 7")]
    [InlineData("slurm_job_id=7 SLURM_JOB_ID", null)]
    [InlineData("", null)]
    public void OnlyWhatABatchSystemSetsIsAClaim(string environment, string? claim) => Assert.Equal(claim, Text(Read(environment.Split(' '))));

    [Fact]
    public void AHostileValueIsCutAndPrintable()
    {
        byte[] entry = [.. "SLURM_JOB_ID="u8, 0x1b, (byte)'[', 0xff, .. Encoding.ASCII.GetBytes(new string('x', 100_000))];
        string id = BatchClaims.Read([entry])!.Id!;
        Assert.StartsWith(@"\x1b[\xff" + "xxx", id, StringComparison.Ordinal);
        Assert.Equal(256, id.Length);
    }

    private static BatchClaim? Read(string[] environment) => BatchClaims.Read(environment.Select(Encoding.UTF8.GetBytes));

    private static string? Text(BatchClaim? claim) => claim is null ? null : claim.Id is null ? claim.System.Name() : $"{claim.System.Name()} {claim.Id}";
}
