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

    private const int Most = 4096; // BPF_MAXINSNS
    private const int Beginning = 7;

    /// <summary>
    /// The filter of a table. Written without LINQ and by reference: cell-init does this at every payload's start, and its first use of each
    /// generic method costs more than all the work here.
    /// </summary>
    /// <param name="rules">The rule of each number from 0 on; none leaves a choice open. Neighbours that share one become one range.</param>
    /// <param name="unknown">The rule of every other number.</param>
    internal static SeccompFilter Assemble(CallRule?[] rules, CallRule unknown)
    {
        var firsts = new uint[rules.Length + 1];
        var ranges = new CallRule[rules.Length + 1];
        int count = 0, most = Beginning;
        for (int number = 0; number <= rules.Length; number++)
        {
            CallRule rule = (number < rules.Length ? rules[number] : null) ?? unknown;
            if (count == 0 || !ReferenceEquals(rule, ranges[count - 1]))
            {
                (firsts[count], ranges[count++]) = ((uint)number, rule);
                most += MostOf(rule);
            }
        }

        var code = new BpfInstruction[Math.Min(most, Most)]; // no more pages than it needs: each that is touched costs
        code[0] = new(LoadWord, 0, 0, ArchitectureOffset);
        code[1] = new(JumpIfEqual, 1, 0, X86_64);
        code[2] = new(Return, 0, 0, KillProcess);
        code[3] = new(LoadWord, 0, 0, NumberOffset);
        code[4] = new(JumpIfAtLeast, 0, 2, X32Bit);
        code[5] = new(JumpIfEqual, 1, 0, NoCall);
        code[6] = new(Return, 0, 0, KillProcess);
        int length = Tree(code, Beginning, firsts.AsSpan(0, count), ranges.AsSpan(0, count));
        return new SeccompFilter(code.AsSpan(0, length).ToArray());
    }

    // A range's own instructions, and the comparison that leads to it.
    private static int MostOf(CallRule rule) => 8 + (rule switch
    {
        CallRule.FailOn on => on.Values.Length,
        CallRule.FailUnless unless => unless.Values.Length,
        _ => 0,
    });

    // Writes the tree of these ranges at a position; returns the position behind it.
    private static int Tree(BpfInstruction[] code, int at, ReadOnlySpan<uint> firsts, ReadOnlySpan<CallRule> ranges)
    {
        if (ranges.Length == 1)
            return Leaf(code, at, ranges[0]);

        int middle = ranges.Length / 2;
        int end = Tree(code, at + 1, firsts[..middle], ranges[..middle]);
        int below = end - at - 1;
        if (below <= byte.MaxValue)
        {
            code[at] = new(JumpIfAtLeast, (byte)below, 0, firsts[middle]);
        }
        else
        {
            code.AsSpan(at + 1, below).CopyTo(code.AsSpan(at + 2)); // a comparison jumps 255 instructions at most
            code[at] = new(JumpIfAtLeast, 0, 1, firsts[middle]);
            code[at + 1] = new(Jump, 0, 0, (uint)below);
            end++;
        }

        return Tree(code, end, firsts[middle..], ranges[middle..]);
    }

    private static int Leaf(BpfInstruction[] code, int at, CallRule rule)
    {
        switch (rule)
        {
            case CallRule.Allow:
                code[at++] = Verdict(Allow);
                return at;
            case CallRule.Fail fail:
                code[at++] = Verdict(FailWith | (uint)fail.Errno);
                return at;
            case CallRule.FailOnBits bits:
                code[at++] = Load(bits.Argument);
                code[at++] = new(JumpIfAnyBit, 0, 1, bits.Bits);
                code[at++] = Verdict(FailWith | (uint)bits.Errno);
                code[at++] = Verdict(Allow);
                return at;
            case CallRule.FailOnBitsBehind behind:
                code[at++] = Load(behind.GateArgument);
                code[at++] = new(JumpIfAnyBit, 0, 3, behind.Gate);
                code[at++] = Load(behind.Argument);
                code[at++] = new(JumpIfAnyBit, 0, 1, behind.Bits);
                code[at++] = Verdict(FailWith | (uint)behind.Errno);
                code[at++] = Verdict(Allow);
                return at;
            case CallRule.FailOn on:
                at = Compare(code, at, on.Argument, on.Values.AsSpan());
                code[at++] = Verdict(Allow);
                code[at++] = Verdict(FailWith | (uint)on.Errno);
                return at;
            case CallRule.FailUnless unless:
                at = Compare(code, at, unless.Argument, unless.Values.AsSpan());
                code[at++] = Verdict(FailWith | (uint)unless.Errno);
                code[at++] = Verdict(Allow);
                return at;
            default:
                throw new InvalidOperationException($"{rule} leaves a choice open");
        }
    }

    // Falls through to the verdict for none of the values, jumps over it for one of them.
    private static int Compare(BpfInstruction[] code, int at, int argument, ReadOnlySpan<uint> values)
    {
        code[at++] = Load(argument);
        for (int i = 0; i < values.Length; i++)
            code[at++] = new(JumpIfEqual, (byte)(values.Length - i), 0, values[i]);
        return at;
    }

    private static BpfInstruction Load(int argument) => new(LoadWord, 0, 0, FirstArgumentOffset + (8 * (uint)argument));

    private static BpfInstruction Verdict(uint verdict) => new(Return, 0, 0, verdict);
}
