using System.Reflection;

namespace Isolation.Linux.Tests;

/// <summary>Promise: the filters answer each call as their tables say, whatever the arguments, and kill foreign ABIs. Run here on an evaluator of our own.</summary>
public sealed class SeccompFilterTests
{
    private const uint Allow = 0x7fff0000, Kill = 0x80000000, Eperm = 0x50000 + 1, Enosys = 0x50000 + 38;
    private const uint X64 = 0xc000003e, I386 = 0x40000003;

    [Theory]
    [InlineData(I386, 1)]
    [InlineData(X64, 0x40000001)]
    [InlineData(X64, -1)]
    [InlineData(0u, 0)]
    public void ForeignAbisAreKilled(uint architecture, int number)
    {
        Assert.Equal(Kill, Run(PayloadFilter.Instance, architecture, number));
        Assert.Equal(Kill, Run(ResidentFilter.Instance, architecture, number));
    }

    [Fact]
    public void CallsWhoseArgumentsCannotBeSeenAreNotThere()
        => Assert.All(PayloadFilter.NotImplemented, c => Assert.Equal(Enosys, Run(PayloadFilter.Instance, X64, c.Number)));

    [Theory]
    [InlineData(0x9edu, true)] // 04755
    [InlineData(0x5edu, true)] // 02755
    [InlineData(0xdedu, true)]
    [InlineData(0x800u, true)]
    [InlineData(0x1edu, false)]
    [InlineData(0x3edu, false)] // sticky
    [InlineData(0u, false)]
    public void NoCallSetsASetIdBit(uint mode, bool refused)
    {
        foreach ((int number, _, int argument) in PayloadFilter.ModeSetters)
        {
            ulong[] arguments = new ulong[6];
            arguments[argument] = mode;
            Assert.Equal(refused ? Eperm : Allow, Run(PayloadFilter.Instance, X64, number, arguments));
            arguments[argument] |= 0xffff_ffff_0000_0000;
            Assert.Equal(refused ? Eperm : Allow, Run(PayloadFilter.Instance, X64, number, arguments));
        }

        foreach ((int number, _, int flags, int at) in PayloadFilter.Creators)
        {
            foreach (ulong flag in new ulong[] { 0x40, 0x410000, 0 })
            {
                ulong[] arguments = new ulong[6];
                arguments[at] = mode;
                arguments[flags] = flag;
                Assert.Equal(refused && flag != 0 ? Eperm : Allow, Run(PayloadFilter.Instance, X64, number, arguments));
            }
        }
    }

    [Fact]
    public void EveryOtherCallOfAPayloadPasses()
    {
        HashSet<int> named = [.. PayloadFilter.NotImplemented.Select(c => c.Number)];
        for (int number = 0; number < 600; number++)
            Assert.Equal(named.Contains(number) ? Enosys : Allow, Run(PayloadFilter.Instance, X64, number));
    }

    [Fact]
    public void TheResidentMayDoWhatItsTableSaysAndNothingElse()
    {
        HashSet<int> allowed = [.. ResidentFilter.Allowed.Select(c => c.Number)];
        for (int number = 0; number < 600; number++)
            Assert.Equal(allowed.Contains(number) ? Allow : Eperm, Run(ResidentFilter.Instance, X64, number));
        string[] never = ["open", "openat", "execve", "execveat", "setuid", "setresuid", "ptrace", "clone", "clone3", "connect", "socket", "mount", "chmod", "process_vm_writev"];
        Assert.Empty(ResidentFilter.Allowed.Select(c => c.Name).Intersect(never));
        Assert.All(ResidentFilter.Allowed, c => Assert.NotEmpty(c.Reason));
    }

    // The part of classic BPF that seccomp takes (seccomp(2)) and the assembler uses.
    private static uint Run(SeccompFilter filter, uint architecture, int number, params ulong[] arguments)
    {
        var program = (BpfInstruction[])typeof(SeccompFilter).GetField("_program", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(filter)!;
        uint accumulator = 0;
        for (int at = 0; ; at++)
        {
            BpfInstruction i = program[at];
            switch (i.Code)
            {
                case 0x20:
                    accumulator = Load(i.Operand, architecture, number, arguments);
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
                    return i.Operand;
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
