namespace Isolation.Cli;

/// <summary>Signals by their names (signal(7), x86-64).</summary>
internal static class SignalNames
{
    private const int First = 34; // SIGRTMIN of glibc
    private const int Last = 64;

    // In the order of their numbers, from 1.
    private static readonly string[] Names =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>The number of a signal given as number (1 to 64) or as name with or without SIG, in either case; 0 for anything else.</summary>
    public static int Parse(string text)
    {
        if (int.TryParse(text, System.Globalization.NumberStyles.None, null, out int number))
            return number is >= 1 and <= Last ? number : 0;
        string name = text.ToUpperInvariant();
        if (name.StartsWith("SIG", StringComparison.Ordinal))
            name = name[3..];
        int index = Array.IndexOf(Names, name);
        return index >= 0 ? index + 1 : RealTime(name);
    }

    private static int RealTime(string name)
    {
        if (name == "RTMIN")
            return First;
        if (name == "RTMAX")
            return Last;
        bool fromFirst = name.StartsWith("RTMIN+", StringComparison.Ordinal);
        if (!fromFirst && !name.StartsWith("RTMAX-", StringComparison.Ordinal))
            return 0;
        return int.TryParse(name.AsSpan(6), System.Globalization.NumberStyles.None, null, out int offset) && offset <= Last - First
            ? fromFirst ? First + offset : Last - offset
            : 0;
    }
}
