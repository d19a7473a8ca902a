namespace Isolation.Core.Tests;

/// <summary>Promise: whatever was found of whatever kind makes an account unfit to be lent again.</summary>
public sealed class ResidueTests
{
    private static readonly Finding Left = new Finding.Found("a process");

    public static TheoryData<int> Kinds => [0, 1, 2, 3, 4];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void OneFindingOfAnyKindIsEnough(int kind)
    {
        Finding At(int i) => i == kind ? Left : new Finding.ProvenEmpty("cgroup");
        Assert.True(new Residue(At(0), At(1), At(2), At(3), At(4)).IsDirty);
    }

    [Fact]
    public void NothingFoundAndNotProvableAreNoFinding()
    {
        Assert.False(Residue.None.IsDirty);
        Assert.False(Residue.OfAll(new Finding.NothingFound("/tmp")).IsDirty);
        Assert.False(Residue.OfAll(new Finding.NotProvable("shared account")).IsDirty);
        Assert.True(Residue.OfAll(Left).IsDirty);
    }

    [Fact]
    public void UsageThatWasNotMeasuredSaysWhyForEachFigure()
    {
        ResourceUsage none = ResourceUsage.NotMeasured("never started");
        Assert.All(none.Named, f => Assert.Equal(new Figure.NotAvailable("never started"), f.Figure));
    }
}
