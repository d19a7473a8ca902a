using System.Globalization;

namespace Isolation.Policy;

/// <summary>Finds in an sssd.conf the ranges in which SSSD computes ids of its own (sssd-ldap(5), "ID MAPPING").</summary>
internal static class SssdConf
{
    // The defaults of ldap_idmap_range_min and ldap_idmap_range_max; the upper bound is not itself given out.
    private const uint DefaultMin = 200_000;
    private const uint DefaultMax = 2_000_200_000;

    public static IEnumerable<TakenIds> IdRanges(string file, IEnumerable<string> lines)
    {
        foreach ((string domain, Dictionary<string, string> options) in Domains(lines))
        {
            string provider = options.GetValueOrDefault("id_provider", "").ToLowerInvariant();
            bool maps = options.TryGetValue("ldap_id_mapping", out string? mapping)
                ? mapping.Equals("true", StringComparison.OrdinalIgnoreCase)
                : provider == "ad";
            if (!maps || provider is not ("ad" or "ldap"))
                continue;
            uint min = Number(options, "ldap_idmap_range_min", DefaultMin);
            uint max = Number(options, "ldap_idmap_range_max", DefaultMax);
            if (max > min)
                yield return new TakenIds(min, max - 1, $"{file}, {domain}");
        }
    }

    private static Dictionary<string, Dictionary<string, string>> Domains(IEnumerable<string> lines)
    {
        Dictionary<string, Dictionary<string, string>> domains = new(StringComparer.Ordinal);
        Dictionary<string, string>? current = null;
        foreach (string line in lines.Select(l => l.Trim()).Where(l => l is not ['#' or ';', ..]))
        {
            if (line is ['[', .., ']'])
            {
                string section = line[1..^1].Trim();
                current = section.StartsWith("domain/", StringComparison.OrdinalIgnoreCase)
                    ? domains.TryGetValue(section, out Dictionary<string, string>? known) ? known : domains[section] = new(StringComparer.OrdinalIgnoreCase)
                    : null;
            }
            else if (current is not null && line.IndexOf('=', StringComparison.Ordinal) is > 0 and int equals)
            {
                current[line[..equals].Trim()] = line[(equals + 1)..].Trim();
            }
        }

        return domains;
    }

    private static uint Number(Dictionary<string, string> options, string name, uint otherwise)
        => options.TryGetValue(name, out string? text) && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value) ? value : otherwise;
}
