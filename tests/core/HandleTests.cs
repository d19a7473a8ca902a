using System.Security.Cryptography;
using System.Text;

namespace Isolation.Core.Tests;

/// <summary>Promise: only the whole handle opens a payload, and no log or record ever holds it.</summary>
public sealed class HandleTests
{
    [Fact]
    public void ANewHandleIs128RandomBitsInHexadecimal()
    {
        HashSet<string> seen = [];
        for (int i = 0; i < 1_000; i++)
        {
            string value = Handle.New().Value;
            Assert.Matches("^[0-9a-f]{32}$", value);
            Assert.True(seen.Add(value));
        }
    }

    [Fact]
    public void OnlyTheWholeHandleMatches()
    {
        Handle handle = Handle.New();
        Assert.True(Handle.IsOf(handle.Digest(), new string(handle.Value)));
        Assert.False(Handle.IsOf(handle.Digest(), null));
        Assert.False(Handle.IsOf(handle.Digest(), ""));
        Assert.False(Handle.IsOf(handle.Digest(), handle.Value[..31]));
        Assert.False(Handle.IsOf(handle.Digest(), handle.Value + "0"));
        Assert.False(Handle.IsOf(handle.Digest(), handle.Value.ToUpperInvariant() + " "));
        for (int i = 0; i < 32; i++)
        {
            char[] other = handle.Value.ToCharArray();
            other[i] = other[i] == '0' ? '1' : '0';
            Assert.False(Handle.IsOf(handle.Digest(), new string(other)));
        }
    }

    [Fact]
    public void ItsTextAndItsDigestDoNotHoldTheSecret()
    {
        Handle handle = Handle.New();
        Assert.DoesNotContain(handle.Value, handle.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(handle.Value, $"{handle}", StringComparison.Ordinal);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(handle.Value))), handle.Digest());
    }
}
