namespace Isolation.Linux;

/// <summary>
/// Assembles filters for x86-64. Every filter begins alike: another architecture's entry (i386) and the x32 ABI kill the process,
/// since their numbers mean other calls. Then a tree of comparisons leads to the rule of a call. The kernel remembers (5.11) which
/// calls are allowed without a look at their arguments; the tree is for the others.
/// </summary>
internal static class SeccompAssembler
{
    internal const uint Allow = 0x7fff0000;
    private const uint KillProcess = 0x80000000;
    private const uint FailWith = 0x00050000;

    private const ushort LoadWord = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private const ushort Jump = 0x05;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort JumpIfAnyBit = 0x45;
    private const ushort Return = 0x06;

    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint FirstArgumentOffset = 16;
    private const uint X86_64 = 0xc000003e;
    private const uint X32Bit = 0x40000000;
    private const uint NoCall = uint.MaxValue; // what a tracer writes to skip a call; there is none of that number

    /// <summary>The filter of a table.</summary>
    /// <param name="rules">Each number once, with rules that leave no choice open.</param>
    /// <param name="unknown">The rule of every other number.</param>
    internal static SeccompFilter Assemble(IEnumerable<(int Number, CallRule Rule)> rules, CallRule unknown)
        => new([
            new(LoadWord, 0, 0, ArchitectureOffset),
            new(JumpIfEqual, 1, 0, X86_64),
            new(Return, 0, 0, KillProcess),
            new(LoadWord, 0, 0, NumberOffset),
            new(JumpIfAtLeast, 0, 2, X32Bit),
            new(JumpIfEqual, 1, 0, NoCall),
            new(Return, 0, 0, KillProcess),
            .. Tree(Ranges(new SortedDictionary<int, CallRule>(rules.ToDictionary(r => r.Number, r => r.Rule)), unknown).ToArray()),
        ]);

    // Neighbours with one rule are one range; what no rule names lies in ranges of its own.
    private static IEnumerable<(uint First, CallRule Rule)> Ranges(SortedDictionary<int, CallRule> rules, CallRule unknown)
    {
        CallRule? before = null;
        for (int number = 0; number <= rules.Keys.Last() + 1; number++)
        {
            CallRule rule = rules.GetValueOrDefault(number, unknown);
            if (rule != before)
                yield return ((uint)number, rule);
            before = rule;
        }
    }

    private static BpfInstruction[] Tree(ReadOnlySpan<(uint First, CallRule Rule)> ranges)
    {
        if (ranges.Length == 1)
            return Leaf(ranges[0].Rule);

        int middle = ranges.Length / 2;
        BpfInstruction[] below = Tree(ranges[..middle]);
        uint first = ranges[middle].First;
        BpfInstruction[] choice = below.Length <= byte.MaxValue
            ? [new(JumpIfAtLeast, (byte)below.Length, 0, first)]
            : [new(JumpIfAtLeast, 0, 1, first), new(Jump, 0, 0, (uint)below.Length)]; // a comparison jumps 255 instructions at most
        return [.. choice, .. below, .. Tree(ranges[middle..])];
    }

    private static BpfInstruction[] Leaf(CallRule rule) => rule switch
    {
        CallRule.Allow => [Verdict(Allow)],
        CallRule.Fail fail => [Verdict(FailWith | (uint)fail.Errno)],
        CallRule.FailOnBits bits =>
        [
            Load(bits.Argument), new(JumpIfAnyBit, 0, 1, bits.Bits),
            Verdict(FailWith | (uint)bits.Errno), Verdict(Allow),
        ],
        CallRule.FailOnBitsBehind behind =>
        [
            Load(behind.GateArgument), new(JumpIfAnyBit, 0, 3, behind.Gate),
            Load(behind.Argument), new(JumpIfAnyBit, 0, 1, behind.Bits),
            Verdict(FailWith | (uint)behind.Errno), Verdict(Allow),
        ],
        CallRule.FailOn on =>
            [Load(on.Argument), .. Compare(on.Values.AsSpan()), Verdict(Allow), Verdict(FailWith | (uint)on.Errno)],
        CallRule.FailUnless unless =>
            [Load(unless.Argument), .. Compare(unless.Values.AsSpan()), Verdict(FailWith | (uint)unless.Errno), Verdict(Allow)],
        _ => throw new InvalidOperationException($"{rule} leaves a choice open"),
    };

    // Falls through to the verdict for none of the values, jumps over it for one of them.
    private static BpfInstruction[] Compare(ReadOnlySpan<uint> values)
    {
        var code = new BpfInstruction[values.Length];
        for (int i = 0; i < code.Length; i++)
            code[i] = new(JumpIfEqual, (byte)(code.Length - i), 0, values[i]);
        return code;
    }

    private static BpfInstruction Load(int argument) => new(LoadWord, 0, 0, FirstArgumentOffset + (8 * (uint)argument));

    private static BpfInstruction Verdict(uint verdict) => new(Return, 0, 0, verdict);
}
