using System.Text.RegularExpressions;

namespace Isolation.Policy;

/// <summary>Account names in a policy file: <c>NAME</c>, or <c>.PREFIX</c> for every account called PREFIX + digits.</summary>
internal static partial class PoolNames
{
    public const string Fix = "Write the name of a local account, or '.' and the part before the digits: .atlas for atlas001, atlas002, …";

    public static bool IsAccountName(string text) => AccountName().IsMatch(text);

    public static bool IsPool(string text) => text.Length > 1 && text[0] == '.' && AccountName().IsMatch(text[1..]);

    /// <summary>The accounts of a pool, by name length and then name, so that atlas2 comes before atlas10; one for each uid.</summary>
    public static IEnumerable<HostAccount> Members(string pool, HostFacts facts)
        => facts.Accounts.Where(a => IsMember(a.Name, pool.AsSpan(1))).DistinctBy(a => a.Uid)
            .OrderBy(a => a.Name.Length).ThenBy(a => a.Name, StringComparer.Ordinal);

    private static bool IsMember(string name, ReadOnlySpan<char> prefix)
        => name.Length > prefix.Length && name.AsSpan().StartsWith(prefix, StringComparison.Ordinal)
            && !name.AsSpan(prefix.Length).ContainsAnyExceptInRange('0', '9');

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex AccountName();
}
