using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>How a filter answers a call. Arguments are compared by their low 32 bits: of everything looked at here the kernel itself takes no more.</summary>
internal abstract record CallRule
{
    private CallRule() { }

    /// <summary>Whatever its arguments are.</summary>
    internal static CallRule Allowed { get; } = new Allow();

    /// <summary>Refused: the caller may not.</summary>
    internal static CallRule NotPermitted { get; } = new Fail(Errno.EPERM);

    /// <summary>Answered as by a kernel that has no such call.</summary>
    internal static CallRule NotThere { get; } = new Fail(Errno.ENOSYS);

    /// <summary>Allowed where nested containers are, and EPERM elsewhere.</summary>
    internal static CallRule ForNestedContainers { get; } = new UnlessNested(NotPermitted);

    /// <summary>What is left of the rule where nested containers are allowed, or are not.</summary>
    internal CallRule Where(bool nestedContainers)
        => this is UnlessNested choice ? (nestedContainers ? Allowed : choice.Otherwise) : this;

    /// <summary>The call is made.</summary>
    internal sealed record Allow : CallRule;

    /// <summary>The call fails.</summary>
    internal sealed record Fail(int Errno) : CallRule;

    /// <summary>It fails when the argument has any of these bits.</summary>
    internal sealed record FailOnBits(int Argument, uint Bits, int Errno) : CallRule;

    /// <summary>It fails when one argument has any bit of a gate, and another any of these bits.</summary>
    internal sealed record FailOnBitsBehind(int GateArgument, uint Gate, int Argument, uint Bits, int Errno) : CallRule;

    /// <summary>It fails when the argument is one of these.</summary>
    internal sealed record FailOn(int Argument, ImmutableArray<uint> Values, int Errno) : CallRule;

    /// <summary>It fails unless the argument is one of these.</summary>
    internal sealed record FailUnless(int Argument, ImmutableArray<uint> Values, int Errno) : CallRule;

    /// <summary>Allowed where nested containers are; this elsewhere.</summary>
    internal sealed record UnlessNested(CallRule Otherwise) : CallRule;
}
