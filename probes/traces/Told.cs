using System.Text;

namespace Isolation.Probes;

/// <summary>What is told of a payload with hostile words, wherever that is.</summary>
internal static class Told
{
    /// <summary>A newline, escapes, a line of JSON, bytes that are no UTF-8 and a direction mark, for an argument.</summary>
    public const string Hostile = "a\nb\u001b[2J\u001b]0;x\a{\"state\":\"ended\"}\n{\"type\":\"ended\"}\u202e\u00ff";

    /// <summary>Lines that must be JSON objects without a control character.</summary>
    public static void Check(Attack attack, string what, string told, int? lines = null)
    {
        string[] all = told.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (HasControls(told) || all.Length == 0 || all.Any(l => Ledger.Record(l) is null) || (lines is { } due && all.Length != due))
            attack.Broke(what, $"{all.Length} lines are told{(lines is null ? "" : $" where {lines} are due")}, or not all are JSON without control characters: {Printable.Of(Encoding.Latin1.GetBytes(told))}");
        else
            attack.Held(what, $"{all.Length} lines of JSON");
    }

    /// <summary>Whether there is a character that changes a terminal or makes a line of its own.</summary>
    public static bool HasControls(string text) => text.Any(c => c is < ' ' and not '\n' or '\u007f');
}
