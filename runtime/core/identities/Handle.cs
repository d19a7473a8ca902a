using System.Security.Cryptography;
using System.Text;

namespace Isolation.Core;

/// <summary>
/// The secret by which a client proves that a payload is its own: 128 random bits as 32 hexadecimal digits.
/// Given to the client when its room is entered; the ledger holds only its digest.
/// </summary>
public readonly record struct Handle(string Value)
{
    /// <summary>A new handle from the system's random source.</summary>
    public static Handle New() => new(RandomNumberGenerator.GetHexString(32, lowercase: true));

    /// <summary>True when <paramref name="shown"/> is the handle of that digest; takes the same time whether it is or not.</summary>
    public static bool IsOf(string digest, string? shown)
        => shown is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(digest), Encoding.UTF8.GetBytes(new Handle(shown).Digest()));

    /// <summary>SHA-256 of the handle, hexadecimal: what a record may hold.</summary>
    public string Digest() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Value)));

    /// <summary>Never the secret.</summary>
    public override string ToString() => "handle …";
}
