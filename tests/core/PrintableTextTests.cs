using System.Text;

namespace Isolation.Core.Tests;

/// <summary>Promise: bytes of a stranger cannot steer a terminal, forge a log line, or be read in two ways.</summary>
public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("grüße, 東京, 🙂", "grüße, 東京, 🙂")]
    [InlineData(@"back\slash", @"back\\slash")]
    [InlineData("line\nfeed", @"line\x0afeed")]
    [InlineData("\u001b[31mred", @"\x1b[31mred")]
    [InlineData("c1\u009bcontrol", @"c1\xc2\x9bcontrol")]
    [InlineData("bidi\u202eoverride", @"bidi\xe2\x80\xaeoverride")]
    [InlineData("line\u2028separator", @"line\xe2\x80\xa8separator")]
    [InlineData("zero\u200bwidth", @"zero\xe2\x80\x8bwidth")]
    [InlineData("", "")]
    public void TextKeepsWhatIsHarmlessAndEscapesTheRest(string text, string expected) => Assert.Equal(expected, PrintableText.Of(text));

    [Theory]
    [InlineData(new byte[] { 0xff }, @"\xff")]
    [InlineData(new byte[] { (byte)'a', 0xc3 }, @"a\xc3")]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 }, @"\xed\xa0\x80")]
    [InlineData(new byte[] { 0xc0, 0x80 }, @"\xc0\x80")]
    public void WhatIsNotUtf8IsShownByteByByte(byte[] bytes, string expected) => Assert.Equal(expected, PrintableText.Of(bytes));

    [Fact]
    public void DifferentBytesNeverLookTheSame()
    {
        var random = new Random(1);
        Dictionary<string, byte[]> seen = [];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(4)];
            random.NextBytes(bytes);
            if (random.Next(2) == 0)
                bytes = [.. bytes.Select(b => (byte)@"\x01af"[b % 6])];
            string text = PrintableText.Of(bytes);
            Assert.DoesNotContain(text, char.IsControl);
            if (seen.TryGetValue(text, out byte[]? other))
                Assert.Equal(other, bytes);
            seen[text] = bytes;
        }
    }

    [Fact]
    public void AByteStringPrintsItselfSafely()
    {
        Assert.True(ByteString.TryFrom([(byte)'a', 0x1b, 0xfe], out ByteString value));
        Assert.Equal(@"a\x1b\xfe", value.ToString());
        Assert.Equal("é", ByteString.FromText(Encoding.UTF8.GetString([0xc3, 0xa9])).ToString());
    }
}
