using System.Reflection;

namespace Isolation.Linux.Tests;

/// <summary>Runs a filter on one call: the part of classic BPF that seccomp takes (seccomp(2)) and the assembler uses.</summary>
internal static class FilterEvaluator
{
    internal const uint Allow = 0x7fff0000, Kill = 0x80000000;
    internal const uint X64 = 0xc000003e, I386 = 0x40000003;

    internal static uint Failed(int errno) => 0x50000 + (uint)errno;

    internal static BpfInstruction[] Code(SeccompFilter filter)
        => (BpfInstruction[])typeof(SeccompFilter).GetField("_program", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(filter)!;

    /// <summary>The verdict.</summary>
    internal static uint Run(SeccompFilter filter, uint architecture, int number, params ulong[] arguments) => Trace(filter, architecture, number, arguments).Verdict;

    /// <summary>The verdict, and how many instructions it took.</summary>
    internal static (uint Verdict, int Steps) Trace(SeccompFilter filter, uint architecture, int number, params ulong[] arguments)
    {
        BpfInstruction[] program = Code(filter);
        uint accumulator = 0;
        for (int at = 0, steps = 1; ; at++, steps++)
        {
            BpfInstruction i = program[at];
            switch (i.Code)
            {
                case 0x20:
                    accumulator = Load(i.Operand, architecture, number, arguments);
                    break;
                case 0x05:
                    at += (int)i.Operand;
                    break;
                case 0x15:
                    at += accumulator == i.Operand ? i.IfTrue : i.IfFalse;
                    break;
                case 0x35:
                    at += accumulator >= i.Operand ? i.IfTrue : i.IfFalse;
                    break;
                case 0x45:
                    at += (accumulator & i.Operand) != 0 ? i.IfTrue : i.IfFalse;
                    break;
                case 0x06:
                    return (i.Operand, steps);
                default:
                    throw new InvalidOperationException($"instruction {i.Code:x}");
            }
        }
    }

    private static uint Load(uint offset, uint architecture, int number, ulong[] arguments) => offset switch
    {
        0 => (uint)number,
        4 => architecture,
        >= 16 when offset % 4 == 0 && (offset - 16) / 8 < 6 => (offset - 16) / 8 is uint index && index < arguments.Length
            ? (uint)(arguments[index] >> (int)((offset - 16) % 8 * 8)) : 0,
        _ => throw new InvalidOperationException($"load of {offset}"),
    };
}
