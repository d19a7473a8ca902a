using System.Reflection;
using Isolation.Wire;

namespace Isolation.Linux.Tests;

/// <summary>Promise: the number with which a failed start reports is the same for the child, cell-init, warden and record.</summary>
public sealed class StartStepTests
{
    [Fact]
    public void TheChildsNumbersAreThoseOfTheWire()
    {
        Dictionary<string, int> child = typeof(ChildSteps).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(f => f.IsLiteral).ToDictionary(f => f.Name, f => (int)f.GetRawConstantValue()!);
        Assert.Equal(Enum.GetValues<StartStep>().Where(s => s != StartStep.ClientGone).ToDictionary(s => s.ToString(), s => (int)s), child);
    }
}
