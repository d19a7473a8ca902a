namespace Isolation.Wire.Tests;

/// <summary>Promise: cell-init takes eight bytes from a pilot and understands them in exactly the forms that the protocol names.</summary>
public sealed class PilotMessageTests
{
    [Fact]
    public void EveryMessageOfTheProtocolReadsBack()
    {
        for (byte streams = 0; streams <= 7; streams++)
            Assert.Equal(PilotMessage.OfStreams(streams), Roundtrip(PilotMessage.OfStreams(streams)));
        for (int signal = 1; signal <= 64; signal++)
            Assert.Equal(PilotMessage.OfSignal(signal), Roundtrip(PilotMessage.OfSignal(signal)));
        Assert.Equal(PilotMessage.OfUsage, Roundtrip(PilotMessage.OfUsage));
    }

    [Fact]
    public void UsageReadsBackAndNothingElseIsTakenForIt()
    {
        var usage = new ObservedUsage([new ObservedFigure(1, 5), new ObservedFigure(27, long.MaxValue), new ObservedFigure(6, -2)]);
        byte[] message = UsageMessage.Write(usage);
        Assert.Equal(usage.Figures, UsageMessage.TryRead(message)!.Figures);
        for (int length = 0; length < message.Length; length++)
            Assert.Null(UsageMessage.TryRead(message.AsSpan(0, length)));
        Assert.Null(UsageMessage.TryRead([.. message, 0]));
        message[0] = 2;
        Assert.Null(UsageMessage.TryRead(message));
        Assert.Equal(UsageMessage.MostBytes, UsageMessage.Write(new ObservedUsage(new ObservedFigure[ObservedUsage.Most])).Length);
    }

    [Theory]
    [InlineData("0000000000000000")]
    [InlineData("0400000000000000")]
    [InlineData("0301000000000000")]
    [InlineData("0300000001000000")]
    [InlineData("0108000000000000")]
    [InlineData("0107000001000000")]
    [InlineData("0107010000000000")]
    [InlineData("0107000100000000")]
    [InlineData("0200000000000000")]
    [InlineData("0200000041000000")]
    [InlineData("02000000ffffffff")]
    [InlineData("0201000009000000")]
    [InlineData("02000000")]
    [InlineData("020000000900000000")]
    [InlineData("")]
    public void NothingElseIsAMessage(string hex) => Assert.False(PilotMessage.TryRead(Convert.FromHexString(hex), out _));

    [Fact]
    public void WhateverIsReadIsWrittenTheSame()
    {
        var random = new Random(5);
        byte[] bytes = new byte[PilotMessage.Size], again = new byte[PilotMessage.Size];
        int read = 0;
        for (int i = 0; i < 200_000; i++)
        {
            for (int at = 0; at < bytes.Length; at++)
                bytes[at] = (byte)(random.Next(4) == 0 ? random.Next(70) : at == 0 ? random.Next(4) : 0);
            if (!PilotMessage.TryRead(bytes, out PilotMessage message))
                continue;
            read++;
            message.Write(again);
            Assert.Equal(bytes, again);
        }

        Assert.True(read > 100);
    }

    private static PilotMessage Roundtrip(PilotMessage message)
    {
        byte[] bytes = new byte[PilotMessage.Size];
        message.Write(bytes);
        Assert.True(PilotMessage.TryRead(bytes, out PilotMessage read));
        return read;
    }
}
