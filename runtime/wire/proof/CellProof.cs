using System.Runtime.CompilerServices;

namespace Isolation.Wire;

/// <summary>
/// How warden and cell-init prove the cell's secret to each other on a new control connection; peer credentials mean nothing
/// across user namespaces. The warden sends a nonce, cell-init answers with its own nonce and a proof, the warden with its proof.
/// </summary>
public static class CellProof
{
    /// <summary>The length of a secret, bytes.</summary>
    public const int SecretSize = 32;

    /// <summary>The length of a nonce, bytes.</summary>
    public const int NonceSize = 16;

    /// <summary>The length of a proof, bytes.</summary>
    public const int Size = Sha256.Size;

    /// <summary>What cell-init shows.</summary>
    public static byte[] OfCell(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> wardenNonce, ReadOnlySpan<byte> cellNonce)
        => Sha256.Hmac(secret, "cell"u8, wardenNonce, cellNonce);

    /// <summary>What the warden shows.</summary>
    public static byte[] OfWarden(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> wardenNonce, ReadOnlySpan<byte> cellNonce)
        => Sha256.Hmac(secret, "warden"u8, wardenNonce, cellNonce);

    /// <summary>Compares in a time that does not depend on where they differ.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public static bool AreEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length)
            return false;
        int difference = 0;
        for (int i = 0; i < left.Length; i++)
            difference |= left[i] ^ right[i];
        return difference == 0;
    }
}
