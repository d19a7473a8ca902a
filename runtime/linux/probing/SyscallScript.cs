using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>By which entry a call reaches the kernel.</summary>
public enum CallEntry
{
    /// <summary>The x86-64 one; with bit 30 of the number set, that of x32.</summary>
    Native,

    /// <summary><c>int 0x80</c>: i386's. Arguments are cut to 32 bits; four of them pass.</summary>
    Interrupt,
}

/// <summary>One call of a <see cref="SyscallScript"/>.</summary>
/// <param name="Number">The call's number at that entry.</param>
/// <param name="Arguments">Up to six; one made by <see cref="SyscallScript.ResultOf"/> stands for an earlier call's result.</param>
/// <param name="Entry">How it enters the kernel.</param>
public sealed record ScriptCall(int Number, nint[] Arguments, CallEntry Entry = CallEntry.Native);

/// <summary>What came of a script.</summary>
/// <param name="ChildError">Why there was no child: the error number of clone, else 0.</param>
/// <param name="Results">A result for each call that returned; a failure is the error number below zero.</param>
/// <param name="Signal">The signal that ended the child, else 0.</param>
public sealed record ScriptOutcome(int ChildError, IReadOnlyList<nint> Results, int Signal);

/// <summary>
/// A row of system calls made by a forked child that does nothing else: what would change, or end, the process that asks happens
/// to that child. Nothing managed runs there.
/// </summary>
public static unsafe partial class SyscallScript
{
    private const int SYS_mmap = 9;
    private const int SYS_munmap = 11;
    private const int SYS_clone = 56;
    private const int SYS_wait4 = 61;
    private const int SIGCHLD = 17;
    private const int MAP_SHARED_ANONYMOUS = 0x21;
    private const int MAP_PRIVATE_ANONYMOUS_32BIT = 0x62;
    private const long Reference = 0x7e57_0000_0000_0000;
    private const int MostCalls = 64;

    // push rbx; mov eax,edi; mov ebx,esi; mov ecx,edx (kept in r10 first); …; int 0x80; cdqe; pop rbx; ret
    private static ReadOnlySpan<byte> InterruptCode =>
        [0x53, 0x89, 0xf8, 0x89, 0xf3, 0x49, 0x89, 0xca, 0x89, 0xd1, 0x44, 0x89, 0xd2, 0x44, 0x89, 0xc6, 0xcd, 0x80, 0x48, 0x98, 0x5b, 0xc3];

    /// <summary>An argument that is the result of call <paramref name="index"/> of the same script.</summary>
    public static nint ResultOf(int index) => (nint)(Reference | (long)index);

    /// <summary>Runs the calls in a child born with these flags of clone(2) (namespaces; nothing that shares memory) and waits for its end.</summary>
    public static ScriptOutcome Run(long cloneFlags, IReadOnlyList<ScriptCall> calls)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(calls.Count, MostCalls);
        Raw.Warm();
        nint page = Raw.Call(SYS_mmap, 0, 4096, 3, MAP_SHARED_ANONYMOUS, -1, 0);
        nint code = Raw.Call(SYS_mmap, 0, 4096, 7, MAP_PRIVATE_ANONYMOUS_32BIT, -1, 0);
        using NativeBlock block = new();
        try
        {
            if (code > 0)
                InterruptCode.CopyTo(new Span<byte>((void*)code, 64));
            Step* steps = block.Array(calls.Select(c => new Step(c)).ToArray().AsSpan());
            long* results = (long*)page; // [0] counts the calls that returned
            nint pid = Raw.Call(SYS_clone, (nint)(cloneFlags | SIGCHLD), 0, 0, 0, 0, 0);
            if (pid == 0)
                InChild(steps, calls.Count, results, (delegate* unmanaged<int, int, int, int, int, long>)code);
            if (pid < 0)
                return new ScriptOutcome(*Raw.ErrnoLocation(), [], 0);
            int status = 0;
            while (KernelCall.Invoke(SYS_wait4, pid, (nint)(&status)) == -Errno.EINTR)
            {
            }

            return new ScriptOutcome(0, [.. Enumerable.Range(1, (int)results[0]).Select(i => (nint)results[i])], status & 0x7f);
        }
        finally
        {
            _ = Raw.Call(SYS_munmap, page, 4096, 0, 0, 0, 0);
            if (code > 0)
                _ = Raw.Call(SYS_munmap, code, 4096, 0, 0, 0, 0);
        }
    }

    private static void InChild(Step* steps, int count, long* results, delegate* unmanaged<int, int, int, int, int, long> interrupt)
    {
        for (int i = 0; i < count; i++)
        {
            Step* step = steps + i;
            for (int j = 0; j < 6; j++)
            {
                if ((step->Arguments[j] & ~0xffffL) == Reference)
                    step->Arguments[j] = results[1 + (step->Arguments[j] & 0xff)];
            }

            long result;
            if (step->Entry == (int)CallEntry.Interrupt)
            {
                result = interrupt is null ? -Errno.ENOSYS
                    : interrupt(step->Number, (int)step->Arguments[0], (int)step->Arguments[1], (int)step->Arguments[2], (int)step->Arguments[3]);
            }
            else
            {
                result = Raw.Call(step->Number, (nint)step->Arguments[0], (nint)step->Arguments[1], (nint)step->Arguments[2],
                    (nint)step->Arguments[3], (nint)step->Arguments[4], (nint)step->Arguments[5]);
                if (result == -1)
                    result = -*Raw.ErrnoLocation();
            }

            results[1 + i] = result;
            results[0] = i + 1;
        }

        _ = Raw.Call(Raw.SYS_exit_group, 0, 0, 0, 0, 0, 0);
    }

    private struct Step
    {
        public int Number;
        public int Entry;
        public fixed long Arguments[6];

        public Step(ScriptCall call)
        {
            (Number, Entry) = (call.Number, (int)call.Entry);
            for (int i = 0; i < 6; i++)
                Arguments[i] = i < call.Arguments.Length ? call.Arguments[i] : 0;
        }
    }
}
