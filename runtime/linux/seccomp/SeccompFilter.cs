using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>A system call filter (seccomp(2)), ready to be installed.</summary>
public sealed class SeccompFilter
{
    private const int SECCOMP_SET_MODE_FILTER = 1;
    private const int SECCOMP_FILTER_FLAG_TSYNC = 1;
    private readonly BpfInstruction[] _program;

    internal SeccompFilter(BpfInstruction[] program) => _program = program;

    /// <summary>The number of instructions.</summary>
    public int Length => _program.Length;

    /// <summary>Installs it on every thread of this process. no_new_privs must be set on the calling one.</summary>
    public unsafe void InstallOnAllThreads()
    {
        using NativeBlock block = new();
        nint result = Raw.Call(Raw.SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, (nint)CopyTo(block), 0, 0, 0);
        if (result != 0)
            throw new SyscallException("seccomp", result > 0 ? $"thread {result} could not follow" : "TSYNC", result > 0 ? Errno.EPERM : *Raw.ErrnoLocation());
    }

    // struct sock_fprog
    internal unsafe void* CopyTo(NativeBlock block)
    {
        BpfInstruction* code = block.Array<BpfInstruction>(_program);
        return block.Array<FilterProgram>([new FilterProgram { Length = (ushort)_program.Length, Code = code }]);
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct FilterProgram
    {
        public ushort Length;
        public BpfInstruction* Code;
    }
}

/// <summary>struct sock_filter.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct BpfInstruction(ushort Code, byte IfTrue, byte IfFalse, uint Operand);
