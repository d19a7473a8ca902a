using Isolation.Isolators.Container;

namespace Isolation.Cells.Tests;

/// <summary>Promise: of the ids of rooms the second of each whole room but the first is a payload's, and the one after it is the next room's, round and round.</summary>
public sealed class RoomIdsTests
{
    [Theory]
    [InlineData(3000000u, 3000007u, 2u, "3000003 3000005 3000007")]
    [InlineData(3000000u, 3000008u, 2u, "3000003 3000005 3000007")] // the last room is not whole
    [InlineData(3000000u, 3000010u, 4u, "3000005")]
    [InlineData(100000u, 362143u, 65536u, "165537 231073 296609")]
    [InlineData(4294967284u, 4294967294u, 3u, "4294967288 4294967291")] // the last ids that there are
    public void They_are_lent_in_turn(uint first, uint last, uint perRoom, string payloads)
    {
        RoomIds ids = new(first, last, perRoom);
        uint[] expected = [.. payloads.Split(' ').Select(uint.Parse)];
        Assert.Equal(expected, Enumerable.Range(0, (int)Math.Min(400_000, last - first + 1)).Select(i => first + (uint)i).Where(ids.IsPayloads));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[(i + 1) % expected.Length], ids.After(expected[i]));
            Assert.Equal(expected[i] - 1, ids.ResidentOf(expected[i]));
        }

        Assert.Equal(expected[0], ids.After(1000)); // of other ids: the first
    }
}
