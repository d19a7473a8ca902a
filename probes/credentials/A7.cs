using System.Text;
using System.Text.RegularExpressions;

namespace Isolation.Probes;

/// <summary>A7.</summary>
internal static partial class A7
{
    public static readonly Probe Probe = new("A7", "find the pilot's secrets in its own environment, and in arguments of whoever started it", Run);

    private static void Run(Attack attack)
    {
        IReadOnlyList<string> entries = CallerEnvironment.Entries();
        attack.ShowsNothing("read its own environment", Encoding.UTF8.GetBytes(string.Join('\n', entries)));
        string[] passed = [.. entries.Select(e => e[..e.IndexOf('=', StringComparison.Ordinal)]).Where(n => Suspicious().IsMatch(n) || CallersEnvironment.Names.Contains(n))];
        if (passed.Length > 0)
            attack.Broke("look for names that carry secrets or change loading", string.Join(' ', passed));
        else
            attack.Held("look for names that carry secrets or change loading", $"{entries.Count} variables, none of them");
        int starter = Foreign.Starter;
        foreach (string file in new[] { "cmdline", "environ" })
        {
            byte[]? bytes = Kernel.ReadFile($"/proc/{starter}/{file}", out int errno);
            if (bytes is null)
                attack.Held($"read {file} of its starter, {starter}", ErrnoName.Of(errno));
            else
                attack.ShowsNothing($"read {file} of its starter, {starter}", bytes);
        }
    }

    [GeneratedRegex("TOKEN|PASSW|SECRET|CREDS|JWT|^PANDA|^LD_|_PROXY_|^SSH_")]
    private static partial Regex Suspicious();
}
