using System.Text;
using Isolation.Core;

namespace Isolation.Daemon;

/// <summary>Puts the payload's environment together from the pilot's and from what the caller named itself.</summary>
internal static class EnvironmentParser
{
    private const string PathName = "PATH";

    /// <summary>The entries, each name once; what is wrong goes to <paramref name="faults"/>.</summary>
    public static List<byte[]> Parse(IReadOnlyList<byte[]> inherited, IReadOnlyList<byte[]> named, List<Fault> faults)
    {
        Dictionary<string, byte[]> entries = [];
        foreach (byte[] entry in inherited)
        {
            // Names are compared as Latin-1: one character a byte, so that no two names become one.
            if (NameOf(entry) is string name && EnvironmentList.Passed(name) && IsWhole(entry, $"the environment entry {Printable(name)}", faults))
                entries[name] = entry;
        }

        for (int i = 0; i < named.Count; i++)
        {
            if (NameOf(named[i]) is not string name)
                faults.Add(new Fault($"explicitEnvironment[{i}] is no NAME=value", "Give a name, an equals sign and a value."));
            else if (EnvironmentList.BelongsToTheRoom(name))
                faults.Add(new Fault($"{Printable(name)} is set by the room", $"Leave {Printable(name)} out; a program that needs another value can be given it by a wrapper (env {Printable(name)}=…)."));
            else if (IsWhole(named[i], $"the environment entry {Printable(name)}", faults))
                entries[name] = named[i];
        }

        if (!entries.ContainsKey(PathName))
            entries[PathName] = Encoding.ASCII.GetBytes($"{PathName}={EnvironmentList.DefaultPath}");
        return [.. entries.Values];
    }

    private static string? NameOf(byte[] entry)
    {
        int equals = Array.IndexOf(entry, (byte)'=');
        return equals > 0 ? Encoding.Latin1.GetString(entry, 0, equals) : null;
    }

    private static string Printable(string name)
    {
        string text = PrintableText.Of(Encoding.Latin1.GetBytes(name));
        return text.Length <= 100 ? text : text[..100] + "…";
    }

    /// <summary>A string that execve takes: no NUL, not too long.</summary>
    internal static bool IsWhole(byte[] text, string what, List<Fault> faults)
    {
        if (Array.IndexOf(text, (byte)0) >= 0)
            faults.Add(new Fault($"{what} holds a NUL byte", "No argument, variable or path can hold one: take it out."));
        else if (text.Length >= ArgumentSpace.MaxString)
            faults.Add(new Fault($"{what} has {text.Length} bytes; Linux takes at most {ArgumentSpace.MaxString - 1} in one string", "Pass long content in a file or on standard input."));
        else
            return true;
        return false;
    }
}
