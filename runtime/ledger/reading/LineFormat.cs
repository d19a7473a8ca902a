using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// One record is one line of JSON:
/// <c>{"seq":N,"time":"…","boot":"…","monotonic":N,"type":"…","payload":"…", …,"prev":"H","hash":"H"}</c>, then a newline.
/// <c>hash</c> is SHA-256 over the line's bytes before <c>,"hash":</c>; <c>prev</c> is the hash of the record before, 64 zeros in
/// the first. So each line is checked by itself (a torn or altered one is told even when it is the last) and by the next.
/// <c>time</c> is UTC, <c>boot</c> the kernel's boot_id, <c>monotonic</c> nanoseconds since that boot; <c>payload</c> is there
/// when the record is of one. A line holds no NUL byte.
/// </summary>
internal static class LineFormat
{
    public const int HashDigits = 2 * SHA256.HashSizeInBytes;

    /// <summary>More than a header and the two hashes take.</summary>
    public const int Overhead = 512;

    /// <summary>More than an <c>admitted</c> ever takes.</summary>
    public const int LongestAdmission = 120 << 10;

    private const int PrevLength = 9 + HashDigits + 1;
    private const int HashLength = 9 + HashDigits + 2;

    private static ReadOnlySpan<byte> PrevName => ",\"prev\":\""u8;
    private static ReadOnlySpan<byte> HashName => ",\"hash\":\""u8;

    /// <summary>Writes one line with its newline; returns its length and its place in the chain.</summary>
    public static int Write(Span<byte> target, PendingRecord record, string bootId, ChainPoint before, out ChainPoint point)
    {
        Span<byte> time = stackalloc byte[RecordTime.Length];
        RecordTime.Format(record.Time, time);
        long sequence = before.Sequence + 1;
        int length = 0;
        Put(target, ref length, "{\"seq\":"u8);
        sequence.TryFormat(target[length..], out int digits, default, CultureInfo.InvariantCulture);
        length += digits;
        Put(target, ref length, ",\"time\":\""u8);
        Put(target, ref length, time);
        if (!Utf8.TryWrite(target[length..], CultureInfo.InvariantCulture, $"\",\"boot\":\"{bootId}\",\"monotonic\":{record.Monotonic},\"type\":\"{record.Type}\"", out int written))
            throw new InvalidOperationException("no space for a record's header");
        length += written;
        if (record.Payload is PayloadId payload)
        {
            Put(target, ref length, ",\"payload\":\""u8);
            payload.Value.TryFormat(target[length..], out int idLength);
            length += idLength;
            target[length++] = (byte)'"';
        }

        if (!record.Members.IsEmpty)
        {
            target[length++] = (byte)',';
            Put(target, ref length, record.Members);
        }

        Put(target, ref length, PrevName);
        Put(target, ref length, before.Hash.Span);
        target[length++] = (byte)'"';

        byte[] hash = new byte[HashDigits];
        Digest(target[..length], hash);
        Put(target, ref length, HashName);
        Put(target, ref length, hash);
        Put(target, ref length, "\"}\n"u8);
        point = new ChainPoint(sequence, hash);
        return length;
    }

    /// <summary>True when the line (without newline) is whole and agrees with its own hash.</summary>
    public static bool IsSound(ReadOnlySpan<byte> line)
    {
        if (line.Length <= PrevLength + HashLength || !line.EndsWith("\"}"u8))
            return false;
        ReadOnlySpan<byte> tail = line[^HashLength..];
        if (!tail.StartsWith(HashName) || !line[..^HashLength][^PrevLength..].StartsWith(PrevName))
            return false;
        Span<byte> hash = stackalloc byte[HashDigits];
        Digest(line[..^HashLength], hash);
        return hash.SequenceEqual(HashOf(line));
    }

    /// <summary>The hash that a sound line bears.</summary>
    public static ReadOnlySpan<byte> HashOf(ReadOnlySpan<byte> line) => line[^(HashDigits + 2)..^2];

    /// <summary>The hash of the record before, as a sound line bears it.</summary>
    public static ReadOnlySpan<byte> PrevOf(ReadOnlySpan<byte> line) => line[..^(HashLength + 1)][^HashDigits..];

    /// <summary>Reads number, type and payload of a line; false when it does not begin as records do.</summary>
    public static bool TryReadHead(ReadOnlySpan<byte> line, out RecordHead head)
    {
        head = default;
        try
        {
            var json = new Utf8JsonReader(line);
            long sequence = 0;
            string? type = null;
            PayloadId? payload = null;
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return false;
            for (int member = 0; member < 6 && json.Read() && json.TokenType == JsonTokenType.PropertyName; member++)
            {
                if (json.ValueTextEquals("seq"u8) && json.Read())
                    sequence = json.GetInt64();
                else if (json.ValueTextEquals("type"u8) && json.Read())
                    type = KnownType(json.ValueSpan);
                else if (json.ValueTextEquals("payload"u8) && json.Read())
                    payload = PayloadId.TryParse(json.GetString(), out PayloadId id) ? id : null;
                else
                    json.Skip();
            }

            head = new RecordHead(sequence, type ?? "", payload);
            return sequence > 0 && type is not null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private static string KnownType(ReadOnlySpan<byte> type)
        => type.SequenceEqual("admitted"u8) ? RecordTypes.Admitted
        : type.SequenceEqual("started"u8) ? RecordTypes.Started
        : type.SequenceEqual("ended"u8) ? RecordTypes.Ended
        : Encoding.UTF8.GetString(type);

    private static void Digest(ReadOnlySpan<byte> bytes, Span<byte> digits)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        Convert.TryToHexStringLower(digest, digits, out _);
    }

    private static void Put(Span<byte> target, ref int length, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target[length..]);
        length += bytes.Length;
    }
}

/// <summary>What every record begins with.</summary>
internal readonly record struct RecordHead(long Sequence, string Type, PayloadId? Payload);
