using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>
/// A planted secret: <c>s-RUN-WHOSE-WHAT-</c> and 16 random digits. An attacker knows the run only, so that finding the whole form
/// proves that it has read what was planted.
/// </summary>
internal static class Secret
{
    private const int Digits = 16;

    /// <summary>How the secrets of a run begin.</summary>
    public static string Prefix(string run) => $"s-{run}-";

    /// <summary>A new one.</summary>
    public static string New(string run, string whose, string what) => $"{Prefix(run)}{whose}-{what}-{Convert.ToHexStringLower(Sys.RandomBytes(Digits / 2))}";

    /// <summary>The first secret of the run among the bytes, or null.</summary>
    public static string? Find(ReadOnlySpan<byte> bytes, string run)
    {
        byte[] prefix = Encoding.ASCII.GetBytes(Prefix(run));
        for (int at = bytes.IndexOf(prefix); at >= 0; )
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            int length = prefix.Length;
            while (length < rest.Length && length < 100 && rest[length] is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'0' and <= (byte)'9') or (byte)'-')
                length++;
            string found = Encoding.ASCII.GetString(rest[..length]);
            string last = found[(found.LastIndexOf('-') + 1)..];
            if (last.Length >= Digits && last[..Digits].All(char.IsAsciiHexDigitLower))
                return found;
            int next = rest[prefix.Length..].IndexOf(prefix);
            at = next < 0 ? -1 : at + prefix.Length + next;
        }

        return null;
    }
}
