using System.Globalization;
using System.Text.RegularExpressions;

namespace Isolation.Linux.Tests.Headers;

/// <summary>Promise: every call of the filters has the number that the kernel's headers give its name, and no call of the headers is forgotten.</summary>
public sealed partial class CallNumberTests
{
    // Younger than Debian 12's headers (Linux 6.1); each with the kernel that brought it.
    private static readonly Dictionary<string, int> Younger = new()
    {
        ["cachestat"] = 451, // 6.5
        ["fchmodat2"] = 452, // 6.6
        ["map_shadow_stack"] = 453, // 6.6
        ["futex_wake"] = 454, // 6.7
        ["futex_wait"] = 455, // 6.7
        ["futex_requeue"] = 456, // 6.7
        ["statmount"] = 457, // 6.8
        ["listmount"] = 458, // 6.8
        ["lsm_get_self_attr"] = 459, // 6.8
        ["lsm_set_self_attr"] = 460, // 6.8
        ["lsm_list_modules"] = 461, // 6.8
        ["mseal"] = 462, // 6.10
        ["uretprobe"] = 335, // 6.11
        ["setxattrat"] = 463, // 6.13
        ["getxattrat"] = 464, // 6.13
        ["listxattrat"] = 465, // 6.13
        ["removexattrat"] = 466, // 6.13
        ["open_tree_attr"] = 467, // 6.15
        ["file_getattr"] = 468, // 6.17
        ["file_setattr"] = 469, // 6.17
        ["uprobe"] = 336, // 6.18
    };

    private static readonly Lazy<Dictionary<string, int>> Headers = new(() => DefinedNumber()
        .Matches(Compiled.Run("gcc", "-E", "-dM", "-include", "asm/unistd_64.h", "-x", "c", "/dev/null").Output)
        .ToDictionary(m => m.Groups[1].Value, m => int.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture)));

    [Fact]
    public void EveryCallHasTheNumberOfItsName()
    {
        (int Number, string Name)[] calls = [.. PayloadCalls.All.SelectMany(g => g.Calls), .. ResidentFilter.Allowed.Select(c => (c.Number, c.Name))];
        Assert.All(calls, c => Assert.Equal(Headers.Value.TryGetValue(c.Name, out int number) ? number : Younger[c.Name], c.Number));
    }

    [Fact]
    public void EveryCallOfTheHeadersIsInOneGroupOrYoungerThanAllOfThem()
    {
        Dictionary<int, string> table = PayloadCalls.All.SelectMany(g => g.Calls).ToDictionary(c => c.Number, c => c.Name);
        Assert.True(Headers.Value.Count > 350, $"only {Headers.Value.Count} calls found");
        int newest = table.Keys.Max();
        Assert.Equal(PayloadCalls.Newest, newest);
        Assert.DoesNotContain(Headers.Value, h => h.Value <= newest && !table.ContainsKey(h.Value));
        Assert.DoesNotContain(Younger, y => !table.ContainsKey(y.Value));
    }

    [Fact]
    public void EveryGroupSaysWhy() => Assert.All(PayloadCalls.All, g => Assert.True(g.Reason.Length > 4 && !g.Calls.IsEmpty));

    [GeneratedRegex(@"#define __NR_(\w+) (\d+)\n")]
    private static partial Regex DefinedNumber();
}
