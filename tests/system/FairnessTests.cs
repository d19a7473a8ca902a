using System.Globalization;

namespace Isolation.Service.Tests;

/// <summary>Promise: a pilot that asks for hundreds of payloads at once, or that never goes on with those it has, holds up neither another pilot nor the service.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class FairnessTests(SharedService shared)
{
    private const string AsA = "setpriv --reuid=isotest-a --regid=isotest-a --clear-groups --";
    private static readonly string Flood = $"{AsA} python3 {AppContext.BaseDirectory}/clients/flood.py";

    [SkippableFact]
    public void OnePayloadOfAnotherPilotIsOverBeforeHalfOfAFloodIs()
    {
        int count = Until.Many(300);
        Outcome outcome = shared.Get().Shell.Bash($$"""
            f=$WORK/flood-$$
            ulimit -n 4096
            {{Flood}} {{count}} > $f & flood=$!
            until grep -q sent $f 2> /dev/null; do kill -0 $flood || exit 1; sleep 0.01; done
            $B run -- true; echo "b $?"
            echo "before $(grep -c exited $f)"
            wait $flood; echo "flood $?"
            grep -v entered $f
            """, seconds: 120).Expect(0);
        string[] lines = outcome.Lines;
        Assert.Equal("b 0", lines[0]);
        Assert.Equal("flood 0", lines[2]);
        int before = int.Parse(lines[1].Split(' ')[1], CultureInfo.InvariantCulture), exited = lines.Count(l => l.Trim() == "exited");
        string[][] busy = [.. lines.Where(l => l.StartsWith("busy ", StringComparison.Ordinal)).Select(l => l.Split(' '))];
        Assert.Equal(count, exited + busy.Length); // each was run or told to come again, none was lost
        Assert.All(busy, b => Assert.InRange(int.Parse(b[1], CultureInfo.InvariantCulture), 1000, 60_000));
        Assert.InRange(exited, Math.Min(count, 256), count);
        Assert.True(before < exited / 2, $"{before} of the flood's {exited} were over before the other pilot's one");
    }

    [SkippableFact]
    public void ClientsThatNeverSendTheirStreamsHoldUpNobody()
    {
        int count = Until.Many(40);
        shared.Get().Shell.Bash($$"""
            f=$WORK/silent-$$; mkfifo $f.in
            {{Flood}} {{count}} --silent < $f.in > $f & silent=$!
            exec 9> $f.in
            for i in $(seq 600); do [ "$(grep -c entered $f)" = {{count}} ] && break; kill -0 $silent || exit 1; sleep 0.02; done
            [ "$(grep -c entered $f)" = {{count}} ] || { echo "only $(grep -c entered $f) entered" >&2; exit 2; }
            $A run -- true && $B run -- true || exit 3
            [ "$(grep -c setup-failed $f)" = 0 ] || exit 4
            exec 9>&-
            wait $silent
            """, seconds: 60).Silent();
    }
}
