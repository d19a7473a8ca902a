using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// A command as given and as found: the arguments as printable text, kept to 32 KiB together, and always a SHA-256 digest of
/// the whole vector, its arguments joined with NUL.
/// </summary>
internal static class CommandJson
{
    private const int ArgumentBudget = 32 << 10;
    private const int QuotesAndComma = 3;

    public static void Write(Utf8JsonWriter json, ImmutableArray<ByteString> arguments, ResolvedCommand resolved)
    {
        json.WriteStartObject("command");
        json.WriteStartArray("arguments");
        bool whole = WriteArguments(json, arguments);
        json.WriteEndArray();
        if (!whole)
            json.WriteBoolean("truncated", true);
        json.WriteNumber("argumentCount", arguments.Length);
        WriteDigest(json, arguments);
        json.Text("path", resolved.Path.ToString(), 8192);
        if (resolved.Digest is string digest)
            json.Text("fileDigest", digest, 128);
        if (resolved.WhyNoDigest is string why)
            json.Text("whyNoFileDigest", why, 256);
        json.WriteEndObject();
    }

    private static bool WriteArguments(Utf8JsonWriter json, ImmutableArray<ByteString> arguments)
    {
        int left = ArgumentBudget;
        foreach (ByteString argument in arguments)
        {
            left -= QuotesAndComma;
            if (left <= 0)
                return false;

            // No byte is printed as less than one byte: what is longer than the budget is cut before it is converted.
            bool fits = argument.Length <= left;
            string text = PrintableText.Of(fits ? argument.Span : argument.Span[..left]);
            string shown = BoundedText.Cut(text, left, out int cost);
            json.WriteStringValue(shown);
            if (!fits || !ReferenceEquals(shown, text) && shown != text)
                return false;
            left -= cost;
        }

        return true;
    }

    private static void WriteDigest(Utf8JsonWriter json, ImmutableArray<ByteString> arguments)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ReadOnlySpan<byte> separator = [0];
        for (int i = 0; i < arguments.Length; i++)
        {
            if (i > 0)
                hash.AppendData(separator);
            hash.AppendData(arguments[i].Span);
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        Span<byte> text = stackalloc byte[2 * SHA256.HashSizeInBytes];
        Convert.TryToHexStringLower(digest, text, out _);
        json.WriteString("digest", text);
    }
}
