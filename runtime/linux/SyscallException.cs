using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>A system call failed: which, on what, why, and what to do about it.</summary>
public sealed class SyscallException(string call, string operand, int errno, string? fix = null)
    : IOException($"{call}({operand}): {ErrnoText.Of(errno)} (errno {errno}).{(fix is null ? "" : " " + fix)}")
{
    /// <summary>The kernel's answer.</summary>
    public int Errno { get; } = errno;

    /// <summary>The failure of the call just made by this thread.</summary>
    public static SyscallException FromLastError(string call, string operand, string? fix = null)
        => new(call, operand, Marshal.GetLastPInvokeError(), fix);
}
