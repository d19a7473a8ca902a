using System.Globalization;

namespace Isolation.Probes;

/// <summary>
/// What an attacker is told: where the pilot's and the victim's things lie. Never a secret itself; those are recognised by their form.
/// </summary>
internal sealed class Target(IReadOnlyDictionary<string, string> values)
{
    /// <summary>Reads words <c>key=value</c>.</summary>
    public static Target Parse(IEnumerable<string> words)
        => new(words.Select(w => w.Split('=', 2)).Where(w => w.Length == 2).ToDictionary(w => w[0], w => w[1]));

    /// <summary>The words again.</summary>
    public IEnumerable<string> Words => values.Select(v => $"{v.Key}={v.Value}");

    /// <summary>The run's name: part of every planted thing's name.</summary>
    public string Run => this["run"];

    /// <summary>How every planted secret begins. A secret goes on with whose it is, what, and 16 random digits.</summary>
    public string SecretPrefix => Secret.Prefix(Run);

    /// <summary>A value, empty where there is none.</summary>
    public string this[string key] => values.GetValueOrDefault(key, "");

    /// <summary>A value as a number, -1 where there is none.</summary>
    public int Number(string key) => int.TryParse(this[key], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : -1;

    /// <summary>Whether the value is there.</summary>
    public bool Has(string key) => this[key].Length > 0;

    /// <summary>With further values.</summary>
    public Target With(IEnumerable<KeyValuePair<string, string>> more)
    {
        Dictionary<string, string> all = new(values);
        foreach ((string key, string value) in more)
            all[key] = value;
        return new Target(all);
    }
}
