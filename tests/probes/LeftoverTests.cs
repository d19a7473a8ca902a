using System.Diagnostics;
using System.Globalization;
using Isolation.Service.Tests;

namespace Isolation.Probes.Tests;

/// <summary>Promise: every probe succeeds where nothing separates; one that cannot succeed would prove nothing.</summary>
public sealed class LeftoverTests
{
    [SkippableFact]
    public void ChainsThatForkAllTheWhileAreSeenAtEveryLook()
    {
        string program = Path.Combine(Site.BuiltPrograms, "separation");
        Skip.IfNot(File.Exists(program), "out/bin/separation is not built: run ./build");
        string name = $"separation-{Guid.NewGuid():n}-e2";
        string until = (Environment.TickCount64 + 30_000).ToString(CultureInfo.InvariantCulture);
        try
        {
            for (int i = 0; i < 8; i++)
                Process.Start(program, ["storm", until, name]).Dispose();
            Thread.Sleep(300); // the chains are under way, and their numbers far from ours
            int[] seen = [.. Enumerable.Range(0, 20).Select(_ => Leftover.Living(name).Length)];
            Assert.True(seen.Count(n => n > 0) >= 18, $"seen at each look: {string.Join(' ', seen)}");
        }
        finally
        {
            File.WriteAllText(Waiter.Stop(name), "");
            Thread.Sleep(300);
            File.Delete(Waiter.Stop(name));
        }
    }
}
