using System.Collections;

namespace Isolation.Daemon;

/// <summary>What root's environment passes on to the service's own programs: nothing that changes what they load.</summary>
internal static class ProgramEnvironment
{
    private static readonly string[] Passed = ["PATH", "LANG", "LC_ALL", "TZ", "NOTIFY_SOCKET", "DOTNET_ROOT", "DOTNET_ROOT_X64"];

    /// <summary>Entries <c>NAME=value</c>. Diagnostics are off: their socket would be a way into the process.</summary>
    public static IReadOnlyList<string> Own()
        => [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Where(e => Passed.Contains((string)e.Key)).Select(e => $"{e.Key}={e.Value}"), "DOTNET_EnableDiagnostics=0"];
}
