namespace Isolation.Probes.Tests;

/// <summary>Promise: what policy allows is told as policy's, and the pilot is told beforehand what policy says: user namespaces in a private room.</summary>
public sealed class NestedTests(NestedRun run) : IClassFixture<NestedRun>
{
    [SkippableFact]
    public void WherePolicyAllowsNestedContainersD2DiffersByPolicyWithEvidence()
    {
        run.Expect("setuid private", "D2", ["differs by policy"]);
        Assert.Contains(run.Probe("D2").GetProperty("levels")[0].GetProperty("attempts").EnumerateArray(),
            a => a.GetProperty("outcome").GetString() == "allowed by policy" && a.GetProperty("seen").GetString()!.Contains("nested-containers: allow", StringComparison.Ordinal));
        run.Result.Expect(0);
    }

    [SkippableFact]
    public void ExplainingSaysWhatPolicyAllows()
        => Assert.Contains("User namespaces in its room: allow", run.Service.Shell.Bash("$A policy explain -- true").Expect(0).Output, StringComparison.Ordinal);
}
