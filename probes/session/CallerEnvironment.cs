using System.Collections;

namespace Isolation.Probes;

/// <summary>The variables of this process, as entries.</summary>
internal static class CallerEnvironment
{
    public static IReadOnlyList<string> Entries()
        => [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}")];
}
