namespace Isolation.Daemon.Tests;

/// <summary>Promise: what one uid holds is bounded, and takes nothing from another's share; an operator gets in also when its uid's share is used up.</summary>
public sealed class UidSharesTests
{
    private readonly UidShares _shares = new(new ShareCaps(Connections: 3, OperatorExtra: 1, Threads: 2, FrameBytes: 100, CommandBytes: 1000));

    [Fact]
    public void ConnectionsAreCountedByUid()
    {
        UidShare[] all = [.. Enumerable.Range(0, 3).Select(_ => _shares.TryEnter(1, false)!)];
        Assert.All(all, s => Assert.Same(all[0], s));
        Assert.Null(_shares.TryEnter(1, false));
        Assert.NotNull(_shares.TryEnter(1, true));
        Assert.Null(_shares.TryEnter(1, true));
        Assert.NotSame(all[0], _shares.TryEnter(2, false));
        all[0].Leave();
        Assert.Null(_shares.TryEnter(1, false)); // the operator's place is no one else's
        all[0].Leave();
        Assert.NotNull(_shares.TryEnter(1, false));
    }

    [Fact]
    public void AThreadThatHangsCountsAlsoWhenItsConnectionsAreGone()
    {
        UidShare share = _shares.TryEnter(1, false)!;
        Assert.True(share.TryTakeThread());
        Assert.True(share.TryTakeThread());
        Assert.False(share.TryTakeThread());
        share.Leave();
        share = _shares.TryEnter(1, false)!;
        Assert.False(share.TryTakeThread());
        Assert.True(_shares.TryEnter(2, false)!.TryTakeThread());
        share.GiveThread();
        Assert.True(share.TryTakeThread());
    }

    [Fact]
    public void BytesAreCountedForAllConnectionsOfAUidTogether()
    {
        UidShare one = _shares.TryEnter(1, false)!, again = _shares.TryEnter(1, false)!;
        Assert.True(one.TryTakeBytes(60));
        Assert.False(again.TryTakeBytes(41));
        Assert.True(again.TryTakeBytes(40)); // what was refused took nothing
        Assert.True(one.TryTakeCommand(900, out _)); // another share
        Assert.False(again.TryTakeCommand(101, out long most));
        Assert.Equal(1000, most);
        Assert.True(_shares.TryEnter(2, false)!.TryTakeCommand(1000, out _));
        one.GiveCommand(900);
        Assert.True(again.TryTakeCommand(1000, out _));
    }
}
