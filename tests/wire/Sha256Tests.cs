using System.Security.Cryptography;
using System.Text;

namespace Isolation.Wire.Tests;

/// <summary>Promise: our SHA-256 and HMAC are the standard's, held to the vectors of NIST (FIPS 180-4 examples) and of RFC 4231.</summary>
public sealed class Sha256Tests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    [InlineData(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1")]
    public void TheExamplesOfNistHold(string message, string digest)
        => Assert.Equal(digest, Convert.ToHexStringLower(Sha256.Of(Encoding.ASCII.GetBytes(message))));

    [Fact]
    public void AMillionTimesTheLetterA()
    {
        Sha256 hash = new();
        byte[] block = Encoding.ASCII.GetBytes(new string('a', 1_000));
        for (int i = 0; i < 1_000; i++)
            hash.Append(block);
        Assert.Equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", Convert.ToHexStringLower(hash.Finish()));
    }

    [Fact]
    public void EveryLengthAgreesWithThePlatformsOwn()
    {
        var random = new Random(256);
        for (int length = 0; length < 400; length++)
        {
            byte[] data = new byte[length];
            random.NextBytes(data);
            Assert.Equal(SHA256.HashData(data), Sha256.Of(data));
        }
    }

    [Fact]
    public void PiecesOfAnyLengthMakeTheSameDigest()
    {
        var random = new Random(257);
        for (int round = 0; round < 300; round++)
        {
            byte[] data = new byte[random.Next(5_000)];
            random.NextBytes(data);
            Sha256 hash = new();
            for (int at = 0; at < data.Length;)
            {
                int piece = Math.Min(random.Next(200), data.Length - at);
                hash.Append(data.AsSpan(at, piece));
                at += piece;
            }

            Assert.Equal(SHA256.HashData(data), hash.Finish());
        }
    }

    // RFC 4231, test cases 1 to 4; 5 is a truncation, and the keys of 6 and 7 are longer than a block, which ours refuses.
    [Theory]
    [InlineData("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")]
    [InlineData("4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData(
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")]
    [InlineData(
        "0102030405060708090a0b0c0d0e0f10111213141516171819",
        "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")]
    public void TheVectorsOfRfc4231Hold(string key, string data, string mac)
    {
        byte[] message = Convert.FromHexString(data);
        for (int cut = 0; cut <= message.Length; cut++)
            Assert.Equal(mac, Convert.ToHexStringLower(Sha256.Hmac(Convert.FromHexString(key), message.AsSpan(0, cut), message.AsSpan(cut), [])));
    }

    [Fact]
    public void AKeyLongerThanABlockIsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => Sha256.Hmac(new byte[65], [], [], []));

    [Fact]
    public void TheTwoProofsDifferAndDependOnEveryPart()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(CellProof.SecretSize);
        byte[] warden = RandomNumberGenerator.GetBytes(CellProof.NonceSize), cell = RandomNumberGenerator.GetBytes(CellProof.NonceSize);
        byte[] proof = CellProof.OfCell(secret, warden, cell);
        Assert.Equal(CellProof.Size, proof.Length);
        Assert.True(CellProof.AreEqual(proof, CellProof.OfCell(secret, warden, cell)));
        Assert.False(CellProof.AreEqual(proof, CellProof.OfWarden(secret, warden, cell)));
        Assert.False(CellProof.AreEqual(proof, CellProof.OfCell(secret, cell, warden)));
        foreach (byte[] part in new[] { secret, warden, cell })
        {
            for (int i = 0; i < part.Length; i++)
            {
                part[i] ^= 1;
                Assert.False(CellProof.AreEqual(proof, CellProof.OfCell(secret, warden, cell)));
                part[i] ^= 1;
            }
        }

        Assert.False(CellProof.AreEqual(proof, proof.AsSpan(1)));
        Assert.False(CellProof.AreEqual(proof, []));
    }
}
