using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>D6.</summary>
internal static class D6
{
    private const int ADDR_NO_RANDOMIZE = 0x0040000, READ_IMPLIES_EXEC = 0x0400000, MMAP_PAGE_ZERO = 0x0100000;

    public static readonly Probe Probe = new("D6", "weaken its successors' address space, or raise limits", Run);

    private static void Run(Attack attack)
    {
        nint plain = First(SyscallScript.Run(0, [new ScriptCall(Nr.personality, [ADDR_NO_RANDOMIZE])]));
        if (plain >= 0)
            attack.ByPolicy("personality(ADDR_NO_RANDOMIZE)", "allowed: debuggers and sanitizers need it, and it weakens only the caller and what that starts");
        else
            attack.Held("personality(ADDR_NO_RANDOMIZE)", ErrnoName.Of(-plain));
        foreach ((string name, int persona) in new[] { ("READ_IMPLIES_EXEC", READ_IMPLIES_EXEC), ("MMAP_PAGE_ZERO", MMAP_PAGE_ZERO) })
            attack.Refused($"personality({name})", First(SyscallScript.Run(0, [new ScriptCall(Nr.personality, [persona])])));
        using NativeBuffer limits = new(16);
        foreach ((string name, int resource) in new[] { ("RLIMIT_NOFILE", 7), ("RLIMIT_NPROC", 6), ("RLIMIT_MEMLOCK", 8), ("RLIMIT_RTPRIO", 14), ("RLIMIT_NICE", 13) })
        {
            KernelCall.Invoke(Nr.prlimit64, 0, resource, 0, limits.Address);
            if (limits.Long(8) < 0)
            {
                attack.Missing($"raise the hard {name}", "it is unlimited, as the pilot's");
                continue;
            }

            limits.Long(8)++;
            limits.Long(0) = limits.Long(8);
            attack.Refused($"raise the hard {name}", First(SyscallScript.Run(0, [new ScriptCall(Nr.prlimit64, [0, resource, limits.Address, 0])])));
        }

        using NativeBuffer zero = new(8);
        nint page = KernelCall.Invoke(Nr.mmap, 0, 4096, 3, 0x32, -1, 0);
        attack.Refused("map page zero", page);
        if (page >= 0)
            KernelCall.Invoke(Nr.munmap, 0, 4096);
    }

    private static nint First(ScriptOutcome outcome) => outcome.Results.Count > 0 ? outcome.Results[0] : -Errno.EPERM;
}
