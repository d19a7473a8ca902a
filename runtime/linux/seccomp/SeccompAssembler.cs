namespace Isolation.Linux;

/// <summary>
/// Assembles filters for x86-64. Every filter begins alike: another architecture's entry (i386) and the x32 ABI kill the process,
/// since their numbers mean other calls.
/// </summary>
internal sealed class SeccompAssembler
{
    internal const uint Allow = 0x7fff0000;
    private const uint KillProcess = 0x80000000;
    private const uint Fail = 0x00050000;

    private const ushort LoadWord = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort JumpIfAnyBit = 0x45;
    private const ushort Return = 0x06;

    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint FirstArgumentOffset = 16;
    private const uint X86_64 = 0xc000003e;
    private const uint X32Bit = 0x40000000;

    private readonly List<BpfInstruction> _code = [];

    internal SeccompAssembler()
    {
        Add(LoadWord, ArchitectureOffset);
        Add(JumpIfEqual, X86_64, ifTrue: 1, ifFalse: 0);
        Add(Return, KillProcess);
        Add(LoadWord, NumberOffset);
        Add(JumpIfAtLeast, X32Bit, ifTrue: 0, ifFalse: 1);
        Add(Return, KillProcess);
    }

    /// <summary>The verdict that fails a call with an error number.</summary>
    internal static uint FailWith(int errno) => Fail | (uint)errno;

    /// <summary>One call, one verdict.</summary>
    internal SeccompAssembler When(int number, uint verdict)
    {
        Add(JumpIfEqual, (uint)number, ifTrue: 0, ifFalse: 1);
        return Add(Return, verdict);
    }

    /// <summary>A call whose argument has any of these bits: the verdict; without them it is allowed.</summary>
    internal SeccompAssembler WhenBits(int number, int argument, uint bits, uint verdict)
    {
        Add(JumpIfEqual, (uint)number, ifTrue: 0, ifFalse: 4);
        Add(LoadWord, Offset(argument));
        Add(JumpIfAnyBit, bits, ifTrue: 0, ifFalse: 1);
        Add(Return, verdict);
        return Add(Return, Allow);
    }

    /// <summary>A call one of whose arguments has any bit of a gate, and another any of these bits: the verdict; else it is allowed.</summary>
    internal SeccompAssembler WhenBitsBehind(int number, int gateArgument, uint gate, int argument, uint bits, uint verdict)
    {
        Add(JumpIfEqual, (uint)number, ifTrue: 0, ifFalse: 6);
        Add(LoadWord, Offset(gateArgument));
        Add(JumpIfAnyBit, gate, ifTrue: 0, ifFalse: 3);
        Add(LoadWord, Offset(argument));
        Add(JumpIfAnyBit, bits, ifTrue: 0, ifFalse: 1);
        Add(Return, verdict);
        return Add(Return, Allow);
    }

    /// <summary>Everything else.</summary>
    internal SeccompFilter Otherwise(uint verdict)
    {
        Add(Return, verdict);
        return new SeccompFilter([.. _code]);
    }

    private static uint Offset(int argument) => FirstArgumentOffset + (8 * (uint)argument); // the low word: modes and flags are 32 bits

    private SeccompAssembler Add(ushort code, uint operand, byte ifTrue = 0, byte ifFalse = 0)
    {
        _code.Add(new BpfInstruction(code, ifTrue, ifFalse, operand));
        return this;
    }
}
