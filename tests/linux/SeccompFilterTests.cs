using static Isolation.Linux.Tests.FilterEvaluator;

namespace Isolation.Linux.Tests;

/// <summary>Promise: the filters answer each call as their tables say, whatever the arguments, and kill foreign ABIs. Run here on an evaluator of our own.</summary>
public sealed class SeccompFilterTests
{
    private const ulong High = 0xffff_ffff_0000_0000; // what the kernel does not look at must not hide anything
    private static readonly uint Refused = Failed(Errno.EPERM), NotThere = Failed(Errno.ENOSYS), NoSuchFamily = Failed(Errno.EAFNOSUPPORT);

    private static IEnumerable<SeccompFilter> Both => [PayloadFilter.For(false), PayloadFilter.For(true)];

    [Theory]
    [InlineData(I386, 1)]
    [InlineData(X64, 0x40000001)]
    [InlineData(X64, -2)]
    [InlineData(0u, 0)]
    [InlineData(I386, -1)]
    public void ForeignAbisAreKilled(uint architecture, int number)
        => Assert.All([.. Both, ResidentFilter.Instance], f => Assert.Equal(Kill, Run(f, architecture, number)));

    [Fact]
    public void EveryCallIsAnsweredAsItsGroupSays()
    {
        foreach (bool nested in new[] { false, true })
            foreach (CallGroup group in PayloadCalls.All)
                foreach ((int number, string name) in group.Calls)
                {
                    (uint expected, ulong[] arguments) = Example(group.Rule.Where(nested));
                    Assert.True(expected == Run(PayloadFilter.For(nested), X64, number, arguments), $"{name}, nested containers {nested}");
                }
    }

    [Fact]
    public void WhatTheTableDoesNotKnowIsNotThere()
    {
        HashSet<int> known = [.. PayloadCalls.All.SelectMany(g => g.Calls).Select(c => c.Number)];
        foreach (int number in Enumerable.Range(0, 1024).Where(n => !known.Contains(n)).Append(0x3fffffff).Append(-1)) // -1: a tracer's "no call"
            Assert.All(Both, f => Assert.Equal(NotThere, Run(f, X64, number)));
    }

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
        foreach ((string name, int at, int flagsAt) in new[]
        {
            ("creat", 1, -1), ("chmod", 1, -1), ("fchmod", 1, -1), ("mknod", 1, -1), ("mknodat", 2, -1), ("fchmodat", 2, -1), ("fchmodat2", 2, -1),
            ("open", 2, 1), ("mq_open", 2, 1), ("openat", 3, 2),
        })
        {
            foreach (ulong flags in flagsAt < 0 ? [0] : new ulong[] { 0x40, 0x410000, 0 })
            {
                ulong[] arguments = new ulong[6];
                if (flagsAt >= 0)
                    arguments[flagsAt] = flags | High;
                arguments[at] = mode | High;
                Assert.All(Both, f => Assert.Equal(refused && (flagsAt < 0 || flags != 0) ? Refused : Allow, Run(f, X64, Number(name), arguments)));
            }
        }
    }

    [Theory]
    [InlineData(0x20000u)]
    [InlineData(0x2000000u)]
    [InlineData(0x4000000u)]
    [InlineData(0x8000000u)]
    [InlineData(0x10000000u)]
    [InlineData(0x20000000u)]
    [InlineData(0x40000000u)]
    public void NamespacesAreMadeOnlyWhereNestedContainersAreAllowed(uint flag)
    {
        foreach (string call in new[] { "clone", "unshare" })
        {
            foreach (ulong argument in new ulong[] { flag, flag | 17, flag | High, flag | 0x200 })
            {
                Assert.Equal(Refused, Run(PayloadFilter.For(false), X64, Number(call), argument));
                Assert.Equal(Allow, Run(PayloadFilter.For(true), X64, Number(call), argument));
            }
        }
    }

    [Fact]
    public void ThreadsAndProcessesAreMadeAndNothingElseIsUnshared()
    {
        Assert.Equal(Allow, Run(PayloadFilter.For(false), X64, Number("clone"), 0x3d0f00 | High)); // a thread of glibc's
        Assert.Equal(Allow, Run(PayloadFilter.For(false), X64, Number("clone"), 0x1200011)); // its fork
        Assert.Equal(Allow, Run(PayloadFilter.For(false), X64, Number("unshare"), 0x40600));
        Assert.All(new ulong[] { 0x80, 0x100000, 0x80000000 }, f => Assert.Equal(Refused, Run(PayloadFilter.For(false), X64, Number("unshare"), f)));
        Assert.Equal(NotThere, Run(PayloadFilter.For(false), X64, Number("clone3")));
        Assert.Equal(Allow, Run(PayloadFilter.For(true), X64, Number("clone3")));
    }

    [Fact]
    public void NothingIsTypedIntoATerminalWhateverTheUpperHalfOfTheRequest()
    {
        foreach (uint request in new[] { 0x5412u, 0x541cu, 0x5423u })
            foreach (ulong upper in new ulong[] { 0, 0x1_0000_0000, High })
                Assert.All(Both, f => Assert.Equal(Refused, Run(f, X64, Number("ioctl"), 0, request | upper)));
        foreach (uint request in new[] { 0x5401u, 0x540fu, 0x5410u, 0x5413u, 0x541bu, 0x540eu })
            Assert.All(Both, f => Assert.Equal(Allow, Run(f, X64, Number("ioctl"), 0, request)));
    }

    [Fact]
    public void SocketsAreOfFourFamilies()
    {
        foreach (string call in new[] { "socket", "socketpair" })
            for (uint family = 0; family < 64; family++)
                Assert.All(Both, f => Assert.Equal(family is 1 or 2 or 10 or 16 ? Allow : NoSuchFamily, Run(f, X64, Number(call), family | High)));
    }

    [Theory]
    [InlineData(0u, true)]
    [InlineData(0x40000u, true)]
    [InlineData(0xffffffffu, true)]
    [InlineData(8u, false)] // PER_LINUX32
    [InlineData(0x400000u, false)] // READ_IMPLIES_EXEC
    [InlineData(0x100000u, false)] // MMAP_PAGE_ZERO
    [InlineData(0x20000u, false)] // UNAME26
    [InlineData(0x40008u, false)]
    public void PersonalitiesAreThePlainOnes(uint personality, bool allowed)
        => Assert.All(Both, f => Assert.Equal(allowed ? Allow : Refused, Run(f, X64, Number("personality"), personality)));

    [Fact]
    public void NoCallTakesLongToJudge()
    {
        foreach (SeccompFilter filter in Both)
        {
            Assert.InRange(Code(filter).Length, 1, 1000);
            Assert.All(PayloadCalls.All.SelectMany(g => g.Calls), c => Assert.InRange(Trace(filter, X64, c.Number).Steps, 1, 24));
        }
    }

    [Fact]
    public void TheResidentMayDoWhatItsTableSaysAndNothingElse()
    {
        HashSet<int> allowed = [.. ResidentFilter.Allowed.Select(c => c.Number)];
        for (int number = 0; number < 600; number++)
            Assert.Equal(allowed.Contains(number) ? Allow : Refused, Run(ResidentFilter.Instance, X64, number));
        string[] never = ["open", "openat", "execve", "execveat", "setuid", "setresuid", "ptrace", "clone", "clone3", "connect", "socket", "mount", "chmod", "process_vm_writev"];
        Assert.Empty(ResidentFilter.Allowed.Select(c => c.Name).Intersect(never));
        Assert.All(ResidentFilter.Allowed, c => Assert.NotEmpty(c.Reason));
    }

    private static int Number(string name) => PayloadCalls.All.SelectMany(g => g.Calls).Single(c => c.Name == name).Number;

    // Arguments that a rule has something against, or none, with the verdict on them.
    private static (uint Verdict, ulong[] Arguments) Example(CallRule rule) => rule switch
    {
        CallRule.Allow => (Allow, []),
        CallRule.Fail fail => (Failed(fail.Errno), []),
        CallRule.FailOnBits bits => (Failed(bits.Errno), With((bits.Argument, bits.Bits))),
        CallRule.FailOnBitsBehind behind => (Failed(behind.Errno), With((behind.GateArgument, behind.Gate), (behind.Argument, behind.Bits))),
        CallRule.FailOn on => (Failed(on.Errno), With((on.Argument, on.Values[^1]))),
        CallRule.FailUnless unless => (Failed(unless.Errno), With((unless.Argument, 0x12345678))),
        _ => throw new InvalidOperationException($"{rule} leaves a choice open"),
    };

    private static ulong[] With(params (int At, uint Value)[] given)
    {
        ulong[] arguments = new ulong[6];
        foreach ((int at, uint value) in given)
            arguments[at] = value;
        return arguments;
    }
}
